import { invalidArgument } from '../errors.js'
import { checkOneOf, checkOptions, checkSignal } from '../options.js'
import { PluginRegistry } from '../registry.js'
import type { ArgsMode } from '../router/context.js'
import type { RouterResponse } from '../router/response.js'
import { checkName } from '../router/spec.js'

/** How a registry's commands are added to a program that another library parses. */
export interface AddPluginsOptions {
  /** What the commands' names begin with: `db` for `db:NAME`. Default: nothing. */
  readonly prefix?: string
  /**
   * Whether words are checked against what a plugin says of itself before it runs, as a router does
   * it. Default: `check`.
   */
  readonly args?: ArgsMode
  /** Stops commands; they reject with the signal's reason. */
  readonly signal?: AbortSignal
  /**
   * What becomes of a command's response. Default: it is written to stdout and stderr, what a plugin
   * says inert on a terminal, and its exit code is the process's.
   */
  readonly respond?: (response: RouterResponse) => void | Promise<void>
}

/** @throws {PluginHostError} `ERR_INVALID_ARG`. */
export function checkAddPlugins(
  registry: PluginRegistry,
  options: AddPluginsOptions | undefined,
): AddPluginsOptions {
  if (!(registry instanceof PluginRegistry)) throw invalidArgument('registry', 'must be a PluginRegistry')
  const checked = checkOptions(options, 'options', ['prefix', 'args', 'signal', 'respond'])
  const { prefix, args, signal, respond } = checked
  if (prefix !== undefined) checkName(prefix, 'options.prefix')
  if (args !== undefined) checkOneOf(args, 'options.args', ['check', 'passthrough'])
  checkSignal(signal)
  if (respond !== undefined && typeof respond !== 'function')
    throw invalidArgument('options.respond', 'must be a function')
  return checked
}
