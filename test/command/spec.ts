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
