import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { complete } from '../../src/cli/repl/completion.js'
import type { ArgSpec, CommandSpec } from '../../src/index.js'
import { temporaryDirectory } from '../guest.js'

function argument(name: string, spec: Partial<ArgSpec> = {}): ArgSpec {
  return { name, required: false, help: '', ...spec }
}

function command(name: string, spec: Partial<CommandSpec> = {}): CommandSpec {
  return { name, about: '', args: [], subcommands: [], ...spec }
}

const style = argument('style', {
  long: 'style',
  short: 's',
  possibleValues: ['plain', 'shout', 'in a whisper'],
})
const commands = [
  command('greet', {
    args: [
      style,
      argument('greeting', { long: 'greeting' }),
      argument('mood', { possibleValues: ['good', 'bad'] }),
    ],
    subcommands: [
      command('morning', { args: [argument('count', { long: 'count', valueName: 'N' }), style] }),
    ],
  }),
  command('grep'),
  command('hostile', {
    args: [
      argument('x', { long: '\x1b]52;c;x\x07' }),
      argument('y', { possibleValues: ['\u202eevil', 'fine'] }),
    ],
  }),
]

describe('completion of', () => {
  test.each<[what: string, line: string, candidates: string[]]>([
    ['commands', 'gr', ['greet', 'grep']],
    ['a command that is the only one', 'gree', ['greet ']],
    ["the shell's own commands", 're', ['reload ']],
    ['a command to say help about', 'help gree', ['greet ']],
    ['a command to run', 'run gree', ['greet ']],
    ['options of a command to run', 'run greet --st', ['--style ']],
    ['subcommands', 'greet m', ['morning ']],
    ['options, both long and short', 'greet -', ['--greeting', '--style', '-s']],
    ['options of a subcommand', 'greet morning --', ['--count', '--style']],
    ['values after an option', 'greet --style sh', ['shout ']],
    ['values after its short form', 'greet -s pl', ['plain ']],
    ['values attached to an option', 'greet --style=sh', ['--style=shout ']],
    ['values that need quotes', 'greet --style ', ["'in a whisper'", 'plain', 'shout']],
    ['values of an argument', 'greet --style shout g', ['good ']],
    ['subcommands and values of a first argument', 'greet ', ['bad', 'good', 'morning']],
    ['values of the last argument once more', 'greet good b', ['bad ']],
    ['a value inside a quote that is open', "greet --style 'in a", ["'in a whisper' "]],
    ['the word at the end', 'greet --greeting "a b" --sty', ['--style ']],
  ])('%s: %s', async (_, line, candidates) => {
    expect((await complete(line, commands))[0]).toEqual(candidates)
  })

  test.each([
    ['an option that is not known', 'greet --nosuch=', []],
    ['what is behind --', 'greet -- --st', []],
    ['arguments of a command that there is not', 'nosuch --', []],
    ['the inside of a quote', 'greet "a b', []],
    ['a second argument of a command without any', 'greet morning x b', []],
  ])('nothing, for %s: %s', async (_, line, candidates) => {
    expect((await complete(line, commands))[0]).toEqual(candidates)
  })

  describe('paths, where a value may be anything:', () => {
    async function directory(): Promise<string> {
      const directory = await temporaryDirectory()
      await mkdir(join(directory, 'my plugins'))
      for (const file of ['one.txt', 'one.wasm', '.hidden', 'red\x1b[31m'])
        await writeFile(join(directory, file), '')
      return directory
    }

    test.each<[what: string, command: string, candidates: string[]]>([
      ['after an option', 'greet --greeting D/one.t', ['D/one.txt ']],
      ['attached to an option', 'greet --greeting=D/one.t', ['--greeting=D/one.txt ']],
      ['of a command that says nothing of its arguments', 'grep D/o', ['D/one.txt', 'D/one.wasm']],
      ['a directory, to go on in', 'grep D/my', ["'D/my plugins/'"]],
      ['inside a quote', "grep 'D/my pl", ["'D/my plugins/'"]],
      ['hidden ones, where that is typed', 'grep D/.', ['D/.hidden ']],
      ['none that could act on the terminal', 'grep D/red', []],
      ['none in a directory that is not there', 'grep D/nosuch/', []],
    ])('%s', async (_, line, candidates) => {
      const place = await directory()
      const typed = await complete(line.replace('D/', `${place}/`), commands)
      expect(typed[0]).toEqual(candidates.map(candidate => candidate.replace('D/', `${place}/`)))
    })
  })

  test('nothing that could reach the terminal as an escape', async () => {
    expect((await complete('hostile -', commands))[0]).toEqual([])
    expect((await complete('hostile ', commands))[0]).toEqual(['fine '])
  })

  test('names that every object has are ordinary ones', async () => {
    expect((await complete('constructor --', commands))[0]).toEqual([])
    expect((await complete('toStr', [command('toString')]))[0]).toEqual(['toString '])
  })
})
