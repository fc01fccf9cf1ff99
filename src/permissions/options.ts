import type { AuditSink } from '../audit/sink.js'
import { type CapabilitiesInput, checkDenied, NO_CAPABILITIES, union } from '../capabilities.js'
import { invalidArgument } from '../errors.js'
import type { Capabilities } from '../manifest.js'
import { checkBoolean, checkOneOf, checkOptions } from '../options.js'
import { checkMethods } from './checked-methods.js'
import { MemoryPermissionStore } from './memory-store.js'
import type { PermissionNotice } from './notice.js'
import type { PermissionPrompt } from './prompt.js'
import type { PermissionStore } from './store.js'
import { DefaultPermissionStrategy } from './strategies/default.js'
import type { PermissionStrategy } from './strategy.js'
import { CheckedTrustFlags, type TrustFlags } from './trust-flags.js'

/**
 * What one decision is about: a plugin, whatever its arguments (`plugin`); a plugin's subcommand (`command`), as the
 * arguments begin; or one execution, so that nothing is remembered (`execution`).
 */
export type PermissionGranularity = 'plugin' | 'command' | 'execution'

/** How a registry decides what plugins may do. `PermissionPresets` has the usual combinations. */
export interface PermissionOptions {
  /** Who gets what without asking, and who is asked. Default: `DefaultPermissionStrategy`. */
  readonly strategy?: PermissionStrategy
  /** Where grants are written down. Default: memory, which ends with the process. */
  readonly store?: PermissionStore
  /** Who is asked. Default: nobody, so that whatever would have to be asked is refused. */
  readonly prompt?: PermissionPrompt
  /**
   * What was asked, granted, refused and used is told to this sink. Executions of plugins that ask for nothing use nothing,
   * and are not recorded. Default: none.
   */
  readonly audit?: AuditSink
  /** What somebody trusts on the command line. Default: nothing. */
  readonly trustFlags?: TrustFlags
  /** Default: `plugin`. */
  readonly granularity?: PermissionGranularity
  /** What no plugin gets, whoever grants it. Wins over every grant, trust flags included. Default: nothing. */
  readonly deny?: CapabilitiesInput | readonly CapabilitiesInput[]
  /** Called with what a user should know of a decision that nobody was asked about. */
  readonly onNotice?: (notice: PermissionNotice) => void
}

/** @internal */
export interface CheckedPermissions {
  readonly strategy: PermissionStrategy
  readonly store: PermissionStore
  readonly prompt: PermissionPrompt | undefined
  readonly audit: AuditSink | undefined
  readonly trustFlags: CheckedTrustFlags
  readonly granularity: PermissionGranularity
  readonly deny: Capabilities
  readonly onNotice: ((notice: PermissionNotice) => void) | undefined
}

/** @internal Undefined where there is no configuration, and plugins that ask for anything are refused. */
export function checkPermissions(
  options: PermissionOptions | undefined,
  path: string,
): CheckedPermissions | undefined {
  if (options === undefined) return undefined
  const { strategy, store, prompt, audit, trustFlags, granularity, deny, onNotice } = checkOptions(
    options,
    path,
    ['strategy', 'store', 'prompt', 'audit', 'trustFlags', 'granularity', 'deny', 'onNotice'],
  )
  if (onNotice !== undefined && typeof onNotice !== 'function')
    throw invalidArgument(`${path}.onNotice`, 'must be a function')
  return {
    strategy: having(strategy, `${path}.strategy`, ['decide']) ?? new DefaultPermissionStrategy(),
    store:
      having(store, `${path}.store`, ['find', 'list', 'put', 'remove', 'clear']) ??
      new MemoryPermissionStore(),
    prompt: having(prompt, `${path}.prompt`, ['ask']),
    audit: checkSink(audit, `${path}.audit`),
    trustFlags: new CheckedTrustFlags(trustFlags, `${path}.trustFlags`),
    granularity:
      granularity === undefined
        ? 'plugin'
        : checkOneOf(granularity, `${path}.granularity`, ['plugin', 'command', 'execution']),
    deny: denied(deny, `${path}.deny`),
    onNotice,
  }
}

function denied(deny: PermissionOptions['deny'], path: string): Capabilities {
  if (deny === undefined) return NO_CAPABILITIES
  const lists = Array.isArray(deny) ? deny : [deny]
  return lists.reduce<Capabilities>((sum, list) => union(sum, checkDenied(list, path)), NO_CAPABILITIES)
}

/** A sink that says nothing that is no answer to whether it is required. */
function checkSink(sink: AuditSink | undefined, path: string): AuditSink | undefined {
  const checked = having(sink, path, ['record'])
  if (checked?.required !== undefined) checkBoolean(checked.required, `${path}.required`)
  return checked
}

/** Something with these methods, if it is there. */
function having<T extends object>(
  value: T | undefined,
  path: string,
  methods: readonly (keyof T & string)[],
): T | undefined {
  return value === undefined ? undefined : checkMethods(value, path, methods)
}
