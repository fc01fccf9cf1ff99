import type { Argument, Command } from '../../src/command/arguments.js'

/** A command with these arguments. */
export function command(args: readonly Partial<Argument>[], more: Partial<Command> = {}): Command {
  return {
    name: 'tool',
    about: '',
    subcommands: [],
    ...more,
    args: args.map(arg => ({ name: 'arg', required: false, help: '', ...arg })),
  }
}

/** What is no command, and the key of what is wrong with it. */
export const wrongCommands: readonly (readonly [string, unknown])[] = [
  ['name', {}],
  ['about', { name: 'x' }],
  ['args', { name: 'x', about: '' }],
  ['subcommands', { name: 'x', about: '', args: [] }],
  ['version', { ...command([]), version: 1 }],
  ['args[0]', { ...command([]), args: [null] }],
  ['required', command([{ required: 'yes' as never }])],
  ['help', command([{ help: undefined as never }])],
  ['long', command([{ long: 1 as never }])],
  ['flag', command([{ flag: 1 as never }])],
  ['possibleValues', command([{ possibleValues: [1] as never }])],
  ['name', command([], { subcommands: [{} as never] })],
]
