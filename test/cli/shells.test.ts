import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { PseudoTerminal } from './pseudo-terminal.js'
import { projectRoot } from './sen.js'

const completions = fileURLToPath(new URL('../../completions', import.meta.url))
const built = fileURLToPath(new URL('../../dist/sen.cjs', import.meta.url))

/** How each shell is started without anybody's settings, and told of a script. */
const SHELLS: Readonly<Record<string, { args: readonly string[]; script: string; setup: string }>> = {
  bash: { args: ['--norc', '--noprofile'], script: 'sen.bash', setup: "PS1='> '; source " },
  zsh: {
    args: ['-f'],
    script: '_sen',
    setup: "PS1='> '; autoload -Uz compinit; compinit -u -D; source ",
  },
  fish: {
    args: ['--no-config'],
    script: 'sen.fish',
    setup: "function fish_prompt; echo -n '> '; end; source ",
  },
}

/** Quoted for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

const SEN = `exec ${quoted(process.execPath)} ${quoted(built)} "$@"`

/** A shell that somebody sits at, in which `sen` is what this script does. */
async function open(name: string, sen: string, cwd = projectRoot): Promise<PseudoTerminal> {
  const { args, script, setup } = SHELLS[name] ?? { args: [], script: '', setup: '' }
  const home = await temporaryDirectory()
  await mkdir(join(home, 'bin'))
  await writeFile(join(home, 'bin', 'sen'), `#!/bin/sh\n${sen}\n`)
  await chmod(join(home, 'bin', 'sen'), 0o755)
  const env = {
    PATH: `${join(home, 'bin')}:${process.env.PATH}`,
    HOME: home,
    LANG: 'C.UTF-8',
    SEN_PLUGIN_HOST_CACHE: process.env.SEN_PLUGIN_HOST_CACHE ?? 'off',
  }
  const shell = new PseudoTerminal(name, args, { columns: 150, cwd, env })
  shell.type(`${setup}${quoted(join(completions, script))}\r`)
  shell.type('echo rea""dy\r')
  await shell.shows(/^ready$/)
  return shell
}

const COMPLETED: readonly [typed: string, completed: string][] = [
  ['sen re', 'sen repl'],
  ['sen run --fu', 'sen run --fuel'],
  ['sen run -p examples/plugins/build gre', 'sen run -p examples/plugins/build greet'],
  [
    'sen run -p examples/plugins/build greet --style sh',
    'sen run -p examples/plugins/build greet --style shout',
  ],
  [
    'sen run -p examples/plugins/build greet --style=sh',
    'sen run -p examples/plugins/build greet --style=shout',
  ],
  ['sen inspect examples/plugins/build/greet', 'sen inspect examples/plugins/build/greet.wasm'],
  ['sen scan examples/plugins/bui', 'sen scan examples/plugins/build/'],
  ['sen run --plugins=examples/plugins/bui', 'sen run --plugins=examples/plugins/build/'],
]

/** What would mean something to a shell, each behind a beginning of its own. */
const WORDS = [
  '$(touch pwned)',
  '`touch pwned`',
  ' a  b',
  " it's",
  '"quoted"',
  ';touch pwned',
  '|y&z',
  '>pwned',
  '*?[a-z]',
  '{a,b}',
  '!1',
  '#y',
  '~',
  '\\y',
  '$HOME',
  '%s%n',
  ':y=z',
  '^y',
  'é世界',
].map((text, index) => `x${String(index).padStart(2, '0')}${text}`)

describe.each(Object.keys(SHELLS))('in %s, Tab', name => {
  test('completes commands, options, values and paths', async () => {
    const shell = await open(name, SEN)
    for (const [typed, completed] of COMPLETED) {
      shell.type(`${typed}\t`)
      await shell.until(lines => lines.some(line => line.trimEnd() === `> ${completed}`), completed)
      // Away with the line.
      shell.type('\x15')
    }
  })

  test('gives sen the very word that it has answered, whatever it would mean to a shell', async () => {
    const answers = WORDS.map(word => `*${word.slice(0, 3)}*) word=${quoted(word)} ;;`)
    const sen = `
      if [ "$1" != __complete ]; then printf 'got <%s>\\n' "$@"; exit; fi
      case "$*" in ${answers.join('\n')} esac
      printf ':none\\n%s\\tabout\\n' "$word"`
    const cwd = await temporaryDirectory()
    const shell = await open(name, sen, cwd)
    for (const word of WORDS) {
      shell.type(`sen ${word.slice(0, 3)}\t\r`)
      await shell.shows(new RegExp(`^got <${word.slice(0, 3)}`))
    }
    const got = shell.lines.filter(line => line.startsWith('got '))
    expect(got).toEqual(WORDS.map(word => `got <${word}>`))
    expect(await readdir(cwd)).toEqual([])
  })
})
