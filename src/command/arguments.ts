import type { ArgSpec, CommandSpec } from '../manifest.js'

/** An argument of a plugin, or of a program's own command, which can say more than a manifest. */
export interface Argument extends ArgSpec {
  /** Whether this option is a mere flag. A manifest does not say it: where absent, nobody knows. */
  readonly flag?: boolean
  /** Whether it may be given more than once. A manifest does not say it: where absent, nobody knows. */
  readonly multiple?: boolean
}

/** A command with such arguments: a plugin's `CommandSpec` is one. */
export interface Command extends CommandSpec {
  readonly args: readonly Argument[]
  readonly subcommands: readonly Command[]
}

/** Whether an argument is called by a flag, rather than by its position. */
export function isOption({ long, short }: ArgSpec): boolean {
  return long !== undefined || short !== undefined
}

/** The flags of an option, with their dashes, long one last. */
export function flagsOf({ long, short }: ArgSpec): string[] {
  const flags: string[] = []
  if (short !== undefined) flags.push(`-${short.replace(/^-/, '')}`)
  if (long !== undefined) flags.push(`--${long.replace(/^--/, '')}`)
  return flags
}

/**
 * Whether an option is known to take a value. Manifests do not say it of those that name none: the
 * SDK's `ArgSpec::option("output", "output")` may be either, and only the plugin knows.
 */
export function takesValue({ flag, valueName, defaultValue, possibleValues }: Argument): boolean {
  return (
    flag === false || valueName !== undefined || defaultValue !== undefined || possibleValues !== undefined
  )
}

/** What stands for an argument's value in help. */
export function valueNameOf({ name, valueName }: ArgSpec): string {
  return valueName ?? name.toUpperCase()
}

/** How a command is called, on one line: `greet [OPTIONS] [NAME]`. */
export function usageOf({ args, subcommands }: Command, call: string): string {
  const parts = [
    call,
    ...(args.some(isOption) ? ['[OPTIONS]'] : []),
    ...args.filter(arg => !isOption(arg)).map(placeholderOf),
    ...(subcommands.length > 0 ? ['[COMMAND]'] : []),
  ]
  return parts.join(' ')
}

/** How an argument is written where it stands: `<FILE>`, `[NAME]`, `[FILE]...`. */
export function placeholderOf(arg: Argument): string {
  const name = valueNameOf(arg)
  const isNeeded = arg.required && arg.defaultValue === undefined
  return (isNeeded ? `<${name}>` : `[${name}]`) + (arg.multiple === true ? '...' : '')
}

/** How an option is written: `-s, --style <STYLE>`. */
export function optionTermOf(arg: Argument): string {
  const value = takesValue(arg) && arg.flag !== true ? ` <${valueNameOf(arg)}>` : ''
  return flagsOf(arg).join(', ') + value
}
