import { describe, expect, test } from 'vitest'
import { complete } from '../../src/cli/repl/completion.js'
import type { ArgSpec, CommandSpec } from '../../src/index.js'

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
    ['the word at the end', 'greet --greeting "a b" --sty', ['--style ']],
  ])('%s: %s', async (_, line, candidates) => {
    expect((await complete(line, commands))[0]).toEqual(candidates)
  })

  test.each([
    ['an option that is not known', 'greet --greeting=', []],
    ['a value that may be anything', 'greet morning --count ', []],
    ['what is behind --', 'greet -- --st', []],
    ['arguments of a command that there is not', 'nosuch --', []],
    ['the inside of a quote', 'greet "a b', []],
    ['a second argument that there is not', 'greet good b', []],
  ])('nothing, for %s: %s', async (_, line, candidates) => {
    expect((await complete(line, commands))[0]).toEqual(candidates)
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
