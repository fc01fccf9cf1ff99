import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { wordyPlugin } from '../hostile-plugin.js'
import { having } from './having.js'
import { projectRoot, sen } from './sen.js'

const script = fileURLToPath(new URL('../../completions/sen.bash', import.meta.url))
const built = fileURLToPath(new URL('../../dist/sen.cjs', import.meta.url))

/** What sen answers a completion script: whether paths may be typed, and the words. */
async function answerTo(args: readonly string[]): Promise<{ paths: string; words: string[] }> {
  const { code, stdout, stderr } = await sen(['__complete', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [paths = '', ...lines] = stdout.trimEnd().split('\n')
  return { paths, words: lines.map(line => line.split('\t')[0] ?? '') }
}

describe('sen completes', () => {
  test.each<[what: string, partial: string, words: string[], expected: string[]]>([
    ['its commands', 're', [], ['repl']],
    ['its options', '--v', [], ['--version']],
    ['options of a command', '--fu', ['run'], ['--fuel']],
    ['commands to say help about', 'insp', ['help'], ['inspect']],
    ['commands of a command', 'v', ['cache'], ['verify']],
    ['values of an argument', 'f', ['completion'], ['fish']],
    ["a plugin's command", 'gr', ['run', 'PLUGINS'], ['greet']],
    ["a plugin's command, to say help about", 'gr', ['help', 'PLUGINS'], ['greet']],
    ["a plugin's subcommands", 'mo', ['run', 'PLUGINS', 'greet'], ['morning']],
    ["a plugin's options", '--st', ['run', 'PLUGINS', 'greet', 'Ada'], ['--style']],
    ["values of a plugin's option", 'sh', ['run', 'PLUGINS', 'greet', '--style'], ['shout']],
    ['values attached to it', '--style=sh', ['run', 'PLUGINS', 'greet'], ['--style=shout']],
    ['nothing of its own behind a plugin', '--fu', ['run', 'PLUGINS', 'greet'], []],
    ['nothing of a plugin that there is not', '-', ['run', 'PLUGINS', 'nosuch'], []],
    ['nothing of a command that there is not', '', ['nosuch'], []],
    ['nothing from a directory that is not there', 'gr', ['run', '-p', 'nosuch'], []],
  ])('%s', async (_, partial, words, expected) => {
    const [, directory = ''] = await having('greet', 'hello')
    const named = words.flatMap(word => (word === 'PLUGINS' ? ['--plugins', directory] : [word]))
    expect((await answerTo([`--partial=${partial}`, '--', ...named])).words).toEqual(expected)
  })

  test.each([
    ['a directory of plugins', ['run', '--plugins'], ':directories'],
    ['a file', ['inspect'], ':files'],
    ['a file to write', ['types', '--out'], ':files'],
    ['a directory', ['scan'], ':directories'],
    ['further directories', ['watch', 'one'], ':directories'],
    ['a number', ['run', '--fuel'], ':none'],
    ['a second file, which there cannot be', ['inspect', 'one'], ':none'],
  ])('paths, where there may be %s', async (_, words, paths) => {
    expect(await answerTo(['--', ...words])).toEqual({ paths, words: [] })
  })

  test('with no more of what a plugin says than fits beside a word', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'wordy.wasm'), await wordyPlugin('é'.repeat(5_000)))
    const words = ['--', 'run', '--plugins', directory]
    for (const args of [words, ['--partial=--', ...words, 'wordy']]) {
      const { stdout } = await sen(['__complete', ...args])
      expect(stdout).toContain('ééé')
      expect(stdout.split('\n').filter(line => (line.split('\t')[1] ?? '').length > 121)).toEqual([])
    }
  })

  test('a line as it was typed, with quotes', async () => {
    const directory = join(await temporaryDirectory(), 'my plugins')
    await mkdir(directory)
    const [, source = ''] = await having('greet')
    await writeFile(join(directory, 'greet.wasm'), await readFile(join(source, 'greet.wasm')))
    expect((await answerTo(['--line', `sen run -p '${directory}' gr`])).words).toEqual(['greet'])
  })
})

describe('in bash,', () => {
  /** The words that bash would offer for a line, without spaces inside words. */
  function complete(line: string, shell = `sen() { "$NODE" "$SEN" "$@"; }`): string[] {
    const program = `
      ${shell}
      source "$SCRIPT"
      COMP_LINE=$LINE COMP_POINT=\${#LINE}
      _sen
      printf '%s\\0' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], {
      encoding: 'utf8',
      cwd: projectRoot,
      env: { ...process.env, LINE: line, SCRIPT: script, SEN: built, NODE: process.execPath },
    })
    expect(stderr).toBe('')
    return stdout.split('\0').filter(word => word !== '')
  }

  test.each<[what: string, line: string, expected: string[]]>([
    ['commands', 'sen re', ['repl']],
    ["a plugin's command", 'sen run -p examples/plugins/build gre', ['greet']],
    ['a value', 'sen run -p examples/plugins/build greet --style sh', ['shout']],
    // Readline replaces what is behind the equals sign.
    ['a value behind an equals sign', 'sen run -p examples/plugins/build greet --style=sh', ['shout']],
    ['a value in quotes', "sen run -p examples/plugins/build greet --style 'sh", ['shout']],
    ['a file', 'sen inspect examples/plugins/build/greet', ['examples/plugins/build/greet.wasm']],
    ['a directory', 'sen scan examples/plugins/bui', ['examples/plugins/build']],
    ['a path behind an equals sign', 'sen run --plugins=examples/plugins/bui', ['examples/plugins/build']],
    ['nothing for what may be anything', 'sen run --fuel ', []],
  ])('%s is completed', (_, line, expected) => {
    expect(complete(line)).toEqual(expected)
  })

  test('what a plugin says is a word, and nothing to be carried out', async () => {
    const evil = ['$(touch pwned)', '`touch pwned`', 'a b', "it's", 'x;y', '*']
    const answer = `sen() { printf ':none\\n'; printf '%s\\tabout\\n' ${evil.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}; }`
    const words = complete('sen run x ', answer)
    const directory = await temporaryDirectory()
    const { stdout } = spawnSync('bash', ['-c', `printf '%s\\n' ${words.join(' ')}`], {
      encoding: 'utf8',
      cwd: directory,
    })
    expect(stdout.trimEnd().split('\n')).toEqual(evil)
    expect(await readdir(directory)).toEqual([])
    expect(complete('sen run x "', answer)).toEqual(['a b', 'x;y', '*'])
  })
})

describe('sen completion', () => {
  test.each(['bash', 'zsh', 'fish', 'powershell'])('prints the script for %s', async shell => {
    const { code, stdout } = await sen(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('sen __complete')
  })

  test('refuses a shell that it does not know', async () => {
    expect(await sen(['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' })
  })

  test.each([
    ['bash', ['data', 'bash-completion', 'completions', 'sen']],
    ['zsh', ['data', 'zsh', 'site-functions', '_sen']],
    ['fish', ['config', 'fish', 'completions', 'sen.fish']],
  ])('installs the script for %s, and says where', async (shell, path) => {
    const home = await temporaryDirectory()
    const env = { HOME: home, XDG_DATA_HOME: join(home, 'data'), XDG_CONFIG_HOME: join(home, 'config') }
    const { code, stdout, stderr } = await sen(['completion', shell, '--install'], { env })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const file = join(home, ...path)
    expect(stderr).toContain(`${file} is written`)
    expect(await readFile(file, 'utf8')).toBe((await sen(['completion', shell])).stdout)
    expect((await sen(['completion', shell, '--install'], { env })).stderr).toContain('is up to date')
  })
})
