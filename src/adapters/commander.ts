/**
 * Plugins as commands of a program made with commander.
 *
 * @module sen-plugin-host/commander
 */
import {
  type Argument,
  type Command,
  flagsOf,
  isOption,
  takesValue,
  usageOf,
  valueNameOf,
} from '../command/arguments.js'
import { checkArguments } from '../command/check.js'
import { explanationOf } from '../command/facts.js'
import { excerpt, inertExcerpt } from '../excerpt.js'
import type { PluginRegistry } from '../registry.js'
import { BOUNDS } from './bounds.js'
import { follow, runPlugin } from './commands.js'
import { type AddPluginsOptions, checkAddPlugins } from './options.js'

export type { AddPluginsOptions } from './options.js'

/** What is needed of commander: a `Command` of any version from 12 on. */
export interface CommanderProgram {
  /** The words that are no options, once they are parsed. */
  readonly args: readonly string[]
  /** Its commands, of which one whose plugin has gone is taken. */
  readonly commands: readonly CommanderProgram[]
  /** The options of its own. */
  readonly options: readonly { readonly short?: string | undefined; readonly long?: string | undefined }[]
  /** The command that it is one of. */
  readonly parent: CommanderProgram | null
  /** Splits words into options and others. */
  parseOptions: (words: string[]) => { operands: string[]; unknown: string[] }
  /** What runs it. */
  action(run: () => Promise<void>): unknown
  /** Its other names. */
  aliases(): string[]
  /** Takes words that no argument is for. */
  allowExcessArguments(): unknown
  /** Adds an argument. */
  argument(name: string, description: string): unknown
  /** Adds a command. */
  command(name: string): CommanderProgram
  /** Says what it is for. */
  description(text: string): unknown
  /** Leaves options after a command to that. */
  enablePositionalOptions(): unknown
  /** Whether it has a command that explains the others. */
  helpCommand(enabled: boolean): unknown
  /** Its name. */
  name(): string
  /** Adds an option. */
  option(flags: string, description: string): unknown
  /** Explains it. */
  outputHelp(): void
  /** Says how it is called. */
  usage(text: string): unknown
}

/**
 * Adds the commands of a registry to a program made with commander, each with its arguments, options
 * and subcommands in the program's help. They come and go with the registry's plugins; a command that
 * the program has itself stays the program's, so add those first. A plugin gets the words after its
 * command as they were typed: for that, the program's own options have to come before the command
 * (`enablePositionalOptions`). Programs have to use `parseAsync`.
 *
 * @returns What ends the following: commands that are there then stay.
 * @throws {PluginHostError} `ERR_INVALID_ARG`.
 */
export function addPlugins(
  program: CommanderProgram,
  registry: PluginRegistry,
  options?: AddPluginsOptions,
): () => void {
  const checked = checkAddPlugins(registry, options)
  for (let parent: CommanderProgram | null = program; parent !== null; parent = parent.parent)
    parent.enablePositionalOptions()
  const added = new Map<string, CommanderProgram>()
  return follow(registry, checked, {
    add: spec => {
      const isTaken = program.commands.some(command =>
        [command.name(), ...command.aliases()].includes(spec.name),
      )
      if (isTaken) return
      const run = (words: readonly string[]) => runPlugin(rootOf(program).name(), registry, checked, words)
      added.set(spec.name, addCommand(program, spec, [spec.name], checked, run))
    },
    remove: name => {
      const command = added.get(name)
      added.delete(name)
      const commands = program.commands as CommanderProgram[]
      const index = command === undefined ? -1 : commands.indexOf(command)
      if (index >= 0) commands.splice(index, 1)
    },
  })
}

function addCommand(
  parent: CommanderProgram,
  spec: Command,
  path: readonly string[],
  options: AddPluginsOptions,
  run: (words: readonly string[]) => Promise<void>,
): CommanderProgram {
  const command = parent.command(spec.name)
  command.description(inertExcerpt(spec.about, BOUNDS.about))
  command.usage(inertExcerpt(usageOf(spec, '').trim(), BOUNDS.about))
  command.helpCommand(false)
  command.allowExcessArguments()
  for (const arg of spec.args.slice(0, BOUNDS.listed)) list(command, arg)
  for (const subcommand of spec.subcommands.slice(0, BOUNDS.listed))
    addCommand(command, subcommand, [...path, subcommand.name], options, run)
  // Options are listed for help; the words are the plugin's, which is to get them as they were typed.
  command.parseOptions = words => ({ operands: [...words], unknown: [] })
  command.action(async () => {
    const { args: words } = command
    const isHelp = options.args !== 'passthrough' && checkArguments(spec, words, spec.name).type === 'help'
    if (isHelp) command.outputHelp()
    else await run([...path, ...words])
  })
  return command
}

/** Lists an argument or option; not one that could not be typed, or that another one is called like. */
function list(command: CommanderProgram, arg: Argument): void {
  if (!isOption(arg)) {
    // What commander would take for a mark of its own.
    const name = inertExcerpt(valueNameOf(arg), BOUNDS.name).replace(/\.+$/, '')
    command.argument(`[${name}]`, explanationOf(arg, BOUNDS.explanation))
    return
  }
  const taken = command.options.flatMap(({ short, long }) => [short, long])
  const flags = flagsOf(arg).filter(
    flag =>
      flag.length <= BOUNDS.name && /^(?:-[a-z0-9]|--[a-z0-9][\w.-]+)$/i.test(flag) && !taken.includes(flag),
  )
  if (flags.length === 0) return
  const value = takesValue(arg) ? ` <${excerpt(valueNameOf(arg), BOUNDS.name).replace(/[^\w-]/g, '_')}>` : ''
  command.option(flags.join(', ') + value, explanationOf(arg, BOUNDS.explanation))
}

function rootOf(program: CommanderProgram): CommanderProgram {
  return program.parent === null ? program : rootOf(program.parent)
}
