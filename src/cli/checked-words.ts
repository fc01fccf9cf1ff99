import type { Command as Program } from 'commander'
import { checkArguments } from '../command/check.js'
import type { CommandSpec } from '../index.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from './failure.js'
import type { ReportOptions } from './options.js'

/** Whether words are the plugin's as they are. */
export interface PassthroughOption {
  readonly passthrough?: boolean
}

export function addPassthroughOption(program: Program): Program {
  return program.option(
    '--passthrough',
    'check no words of plugins against what those say of themselves, and leave --help to them',
  )
}

/**
 * Checks the words of a command against what its plugin says of itself, before that runs, as a
 * `Router` does. A plugin that names neither arguments nor subcommands reads all words itself.
 *
 * @returns Whether everything is done: help was asked for, and has been shown.
 * @throws {UsageError} What is wrong with the words, and how the command is called.
 */
export async function answerWords(
  terminal: Terminal,
  spec: CommandSpec,
  words: readonly string[],
  { passthrough, json, layout }: PassthroughOption & ReportOptions,
): Promise<boolean> {
  const { name, args, subcommands } = spec
  if (passthrough || (args.length === 0 && subcommands.length === 0)) return false
  const checked = checkArguments(spec, words, name)
  if (checked.type === 'valid') return false
  if (checked.type === 'invalid') {
    const { kind, argument, suggestions, message, usage } = checked.problem
    throw new UsageError(message, {
      details: { kind, argument, suggestions },
      usage,
      hint: `${name} --help says more`,
    })
  }
  const { command, call, format } = checked
  // Loaded for those who ask.
  if (json) {
    const { commandSchema } = await import('../command/schema.js')
    terminal.json(commandSchema(command, call), layout)
  } else {
    const { commandHelp } = await import('./command-help.js')
    terminal.print(commandHelp(command, terminal.stdout, { call, format }))
  }
  return true
}
