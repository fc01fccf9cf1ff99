/**
 * Plugins as commands of a program made with yargs.
 *
 * @module sen-plugin-host/yargs
 */
import { type Argument, type Command, flagsOf, isOption, takesValue, usageOf } from '../command/arguments.js'
import { explanationOf } from '../command/facts.js'
import { inertExcerpt } from '../excerpt.js'
import type { PluginRegistry } from '../registry.js'
import { BOUNDS } from './bounds.js'
import { follow, runPlugin } from './commands.js'
import { type AddPluginsOptions, checkAddPlugins } from './options.js'

export type { AddPluginsOptions } from './options.js'

/** What is needed of yargs, an `Argv` of any version from 17 on. */
export interface YargsProgram {
  /** Adds a command, described by a module as yargs has them. */
  command(module: object): unknown
}

/** What is needed of yargs for one command, while it is built. */
interface YargsBuilder extends YargsProgram {
  usage(message: string): unknown
  option(name: string, options: object): unknown
  strict(enabled: boolean): unknown
  parserConfiguration(configuration: object): unknown
  getOptions(): { readonly configuration?: object }
}

interface Parsed {
  readonly $0: string
  /** The words from the first that is no option on, as they were typed. */
  readonly '--'?: readonly string[]
}

/**
 * From the first command on, words are neither options nor numbers, and are kept as they were typed.
 * yargs has this for its whole parser only.
 */
const UNTOUCHED = { 'halt-at-non-option': true, 'parse-positional-numbers': false, 'populate--': true }
/** Options that are yargs' own. */
const RESERVED = ['help', 'version']

/**
 * Adds the commands of a registry to a program made with yargs, each with its options and subcommands
 * in the program's help. A command that comes later is added; what one says of itself is looked up when
 * it is called. yargs cannot remove a command: one whose plugin has gone fails with
 * `ERR_COMMAND_NOT_FOUND`. A plugin gets the words after its command as they were typed, so that the
 * program's own options have to come before the command. Programs have to use `parseAsync`.
 *
 * @returns What ends the following: commands that are there then stay.
 * @throws {PluginHostError} `ERR_INVALID_ARG`.
 */
export function addPlugins(
  program: YargsProgram,
  registry: PluginRegistry,
  options?: AddPluginsOptions,
): () => void {
  const checked = checkAddPlugins(registry, options)
  /** What there is now, by the names that yargs has been told. */
  const specs = new Map<string, Command | undefined>()
  return follow(registry, checked, {
    add: spec => {
      const isKnown = specs.has(spec.name)
      specs.set(spec.name, spec)
      if (isKnown) return
      program.command({
        command: spec.name,
        describe: inertExcerpt(spec.about, BOUNDS.explanation),
        builder: (builder: YargsBuilder, isHelp: boolean) => {
          const now = specs.get(spec.name)
          if (!isHelp) leaveWords(builder)
          else if (now !== undefined) explain(builder, now, now.name)
        },
        handler: (parsed: Parsed) => {
          const words = parsed['--'] ?? []
          return runPlugin(parsed.$0, registry, checked, words.slice(words.indexOf(spec.name)))
        },
      })
    },
    remove: name => specs.set(name, undefined),
  })
}

/** Has one command's words left as they are. */
function leaveWords(builder: YargsBuilder): void {
  const { configuration = {} } = builder.getOptions()
  builder.strict(false)
  builder.parserConfiguration(UNTOUCHED)
  // The words are parsed as soon as this returns; the program's next command line is parsed as before.
  queueMicrotask(() => builder.parserConfiguration(configuration))
}

/** Says in help what a command says of itself. */
function explain(builder: YargsBuilder, spec: Command, call: string): void {
  const [usage, about] = [usageOf(spec, call), spec.about].map(text => inertExcerpt(text, BOUNDS.about))
  builder.usage(`$0 ${usage}\n\n${about}`)
  for (const arg of spec.args.filter(isOption).slice(0, BOUNDS.listed)) list(builder, arg)
  for (const subcommand of spec.subcommands.slice(0, BOUNDS.listed)) {
    builder.command({
      command: subcommand.name,
      describe: inertExcerpt(subcommand.about, BOUNDS.explanation),
      builder: (inner: YargsBuilder) => explain(inner, subcommand, `${call} ${subcommand.name}`),
    })
  }
}

/** Lists an option; not one that could not be typed, or is yargs' own. */
function list(program: YargsBuilder, arg: Argument): void {
  const names = flagsOf(arg)
    .map(flag => flag.replace(/^--?/, ''))
    .filter(name => name.length <= BOUNDS.name && /^[a-z0-9][\w-]*$/i.test(name))
    .filter(name => !RESERVED.includes(name) && !(name in {}))
  const [name, ...alias] = names.reverse()
  if (name === undefined) return
  const type = takesValue(arg) ? { type: 'string', requiresArg: true } : {}
  program.option(name, { alias, describe: explanationOf(arg, BOUNDS.explanation), ...type })
}
