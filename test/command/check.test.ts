import { describe, expect, test } from 'vitest'
import type { Argument } from '../../src/command/arguments.js'
import { type CheckedArguments, checkArguments } from '../../src/command/check.js'
import { command } from './spec.js'

/** What becomes of words, in a word of its own: the problem's kind and argument, or `valid`. */
function outcome(checked: CheckedArguments): string {
  if (checked.type !== 'invalid') return checked.type
  return `${checked.problem.kind} ${checked.problem.argument}`
}

const greeting: Partial<Argument>[] = [
  { name: 'name', required: true },
  { name: 'style', long: 'style', short: 's', possibleValues: ['plain', 'shout'] },
  { name: 'count', long: 'count', short: 'n', valueName: 'TIMES' },
  { name: 'greeting', long: '--greeting', defaultValue: 'Hello' },
]

describe('the words of a command are checked before it runs:', () => {
  test.each([
    ['Ada', 'valid'],
    ['Ada --style shout', 'valid'],
    ['Ada --style=shout', 'valid'],
    ['Ada -s shout', 'valid'],
    ['Ada -sshout', 'valid'],
    ['Ada -s=shout', 'valid'],
    ['--greeting Hi Ada', 'valid'],
    ['-- --count', 'valid'],
    ['-', 'valid'],
    ['-5', 'valid'],
    ['-.5', 'valid'],
    ['Ada --count -- -n 3', 'valid'],
    ['Ada --greeting --help', 'valid'],
    ['Ada --help', 'help'],
    ['-h', 'help'],
    ['--help=markdown', 'help'],
    ['Ada -- --help', 'valid'],
    ['', 'missing-argument name'],
    ['--style shout', 'missing-argument name'],
    ['Ada --style quiet', 'invalid-value style'],
    ['Ada --style=', 'invalid-value style'],
    ['Ada -squiet', 'invalid-value style'],
    ['Ada --style', 'missing-value --style'],
    ['Ada -n', 'missing-value -n'],
    ['Ada --stile shout', 'unknown-option --stile'],
    ['Ada -x', 'unknown-option -x'],
    ['Ada --sty=shout', 'unknown-option --sty'],
    ['Ada --__proto__', 'unknown-option --__proto__'],
  ])('%j is %s', (line, expected) => {
    expect(outcome(checkArguments(command(greeting), line.split(' ').filter(Boolean), 'tool'))).toBe(expected)
  })
})

describe('what a manifest does not say is not held against a word:', () => {
  const args: Partial<Argument>[] = [
    { name: 'output', long: 'output', short: 'o' },
    { name: 'verbose', short: 'v' },
  ]
  test.each([
    ['an option may take a value', [], '--output file', 'valid'],
    ['or none', [], '--output', 'valid'],
    ['attached', [], '--output=file -ofile', 'valid'],
    ['flags may be together', [], '-vo', 'valid'],
    ['its value is no argument too many', [], '-v x --output y', 'valid'],
    ['what follows a value is', [], '-v x y', 'unexpected-argument y'],
    ['its value may be the argument that is needed', [{ required: true }], '-v x', 'valid'],
    [
      'but is not two',
      [
        { name: 'a', required: true },
        { name: 'b', required: true },
      ],
      '-v x',
      'missing-argument b',
    ],
    ['the last argument may be given several times', [{ name: 'files' }], 'a b c', 'valid'],
    [
      'a required argument with a default may be left out',
      [{ required: true, defaultValue: 'x' }],
      '',
      'valid',
    ],
    ['a required option may be a flag', [{ name: 'yes', long: 'yes', required: true }], '--yes', 'valid'],
    ['but has to be there', [{ name: 'yes', long: 'yes', required: true }], '-v', 'missing-argument yes'],
    ['no possible values are any', [{ possibleValues: [] }], 'x', 'valid'],
    ['a command may have its own -h', [{ name: 'host', short: 'h', valueName: 'HOST' }], '-h there', 'valid'],
    ['and its own --help', [{ name: 'help', long: 'help' }], '--help', 'valid'],
    ['and an option that is a digit', [{ name: 'one', short: '1' }], '-1', 'valid'],
    ['without one, a digit is a number', [{ name: 'one', short: '1' }], '-2', 'unexpected-argument -2'],
  ])('%s', (_, more, line, expected) => {
    const words = line.split(' ').filter(Boolean)
    expect(outcome(checkArguments(command([...args, ...more]), words, 'tool'))).toBe(expected)
  })

  test('a command that names nothing reads its words itself, but for a request for help', () => {
    const silent = command([])
    expect(outcome(checkArguments(silent, ['--any', '-x', '--', '--help'], 'tool'))).toBe('valid')
    expect(outcome(checkArguments(silent, ['x', '--help'], 'tool'))).toBe('valid')
    expect(outcome(checkArguments(silent, ['--help'], 'tool'))).toBe('help')
  })
})

describe('a program can say more of its own commands:', () => {
  test.each([
    [{ name: 'all', long: 'all', short: 'a', flag: true }, '--all x', 'unexpected-argument x'],
    [{ name: 'all', long: 'all', short: 'a', flag: true }, '--all=yes', 'unexpected-value --all'],
    [{ name: 'all', long: 'all', short: 'a', flag: true }, '-ab', 'unknown-option -b'],
    [{ name: 'out', long: 'out', flag: false }, '--out', 'missing-value --out'],
    [{ name: 'file', multiple: false }, 'a b', 'unexpected-argument b'],
    [{ name: 'file', multiple: true, possibleValues: ['a'] }, 'a b', 'invalid-value file'],
  ])('%j, %j is %s', (arg, line, expected) => {
    expect(outcome(checkArguments(command([arg]), line.split(' '), 'tool'))).toBe(expected)
  })

  test('and gets the values by name, with defaults for what was not given', () => {
    const tool = command([
      { name: 'files', multiple: true },
      { name: 'all', long: 'all', short: 'a', flag: true },
      { name: 'force', short: 'f', flag: true },
      { name: 'level', long: 'level', short: 'l', defaultValue: 'low' },
      { name: 'color', long: 'color', defaultValue: 'auto' },
      { name: '__proto__', long: 'proto', valueName: 'P' },
    ])
    const checked = checkArguments(tool, 'x -al high y --level=top --proto p'.split(' '), 'tool')
    expect(checked.type === 'valid' && 'constructor' in checked.values).toBe(false)
    expect(checked.type === 'valid' && Object.entries(checked.values)).toEqual([
      ['files', ['x', 'y']],
      ['all', true],
      ['level', 'top'],
      ['color', 'auto'],
      ['__proto__', 'p'],
    ])
  })
})

describe('a subcommand', () => {
  const build = command([{ name: 'target', required: true }], { name: 'build' })
  const tool = command([{ name: 'verbose', short: 'v' }], { subcommands: [build] })
  test.each([
    ['build web', 'valid'],
    ['build', 'missing-argument target'],
    ['-v build', 'missing-argument target'],
    ['-v build web', 'valid'],
    ['biuld web', 'unknown-subcommand biuld'],
    ['-- build', 'unknown-subcommand build'],
    ['-v', 'valid'],
    ['build --help', 'help'],
  ])('is checked as what it is: %j is %s', (line, expected) => {
    expect(outcome(checkArguments(tool, line.split(' '), 'tool'))).toBe(expected)
  })

  test('is an argument where it does not come first and there are arguments', () => {
    const greet = command([{ name: 'name' }], {
      subcommands: [command([{ required: true }], { name: 'morning' })],
    })
    expect(outcome(checkArguments(greet, ['morning'], 'greet'))).toBe('missing-argument arg')
    expect(outcome(checkArguments(greet, ['--', 'morning'], 'greet'))).toBe('valid')
  })
})

test.each([
  ['--stile', ['--style']],
  ['--helo', ['--help']],
  ['-x', []],
])('an option that is misspelt comes with what may have been meant: %s', (word, suggestions) => {
  const checked = checkArguments(command(greeting), [word], 'app greet')
  expect(checked).toMatchObject({
    type: 'invalid',
    problem: { suggestions, usage: 'app greet [OPTIONS] <NAME>' },
  })
})

test('what was typed is quoted inert and short', () => {
  const checked = checkArguments(command(greeting), [`--\x1b[31m${'x'.repeat(10_000)}`], 'greet')
  const message = checked.type === 'invalid' ? checked.problem.message : ''
  expect(message).not.toContain('\x1b')
  expect(message.length).toBeLessThan(200)
})
