import type { Capabilities } from './manifest.js'
import type { Usage } from './outcome.js'

/** A call of a guest's backtrace, innermost first. */
export interface TrapFrame {
  /** The function's name, where the module's name section has it. The guest's text. */
  readonly function?: string
  /** The function's index in the module. */
  readonly index: number
  /** Offset of the instruction in the module's bytes, where known. */
  readonly offset?: number
}

/**
 * What a WASI plugin wrote before it failed, where that is granted and captured.
 *
 * @inline
 */
interface Written {
  readonly stdout?: string
  readonly stderr?: string
}

/**
 * The receipt is there wherever a guest ran, start-up included.
 *
 * @inline
 */
interface MaybeUsage extends Written {
  readonly usage?: Usage
}

/** @inline */
interface WithUsage extends Written {
  readonly usage: Usage
}

/** Why a file is not used: by its kind, by whose it is, by who else may write to it, or by its directory. */
export type UnsafeFileReason =
  | 'symbolic-link'
  | 'hard-link'
  | 'not-a-regular-file'
  | 'foreign-owner'
  | 'writable-by-others'
  | 'unsafe-directory'

/**
 * Why there is no addon: none is made for this system (`no-addon`), it is not installed, this process was told
 * to load none (`addons-disabled`), it is there and of another version of this package (`other-version`), or the system
 * refuses it (`not-loadable`).
 */
export type UnsupportedPlatformReason =
  | 'no-addon'
  | 'not-installed'
  | 'addons-disabled'
  | 'other-version'
  | 'not-loadable'

/** What each code says in `details`. */
export interface PluginHostErrorDetails {
  /** A wrong option or argument: `name` is its key. */
  ERR_INVALID_ARG: { readonly name: string }
  /** Not wasm, not valid, or refused by the engine. */
  ERR_INVALID_MODULE: { readonly path?: string }
  /** Over a limit that keeps compilation short. */
  ERR_MODULE_TOO_COMPLEX: {
    readonly what: string
    readonly limit: number
    readonly actual: number
    readonly path?: string
  }
  /** An unknown import, or a start-up that trapped. */
  ERR_INSTANTIATION: { readonly import?: string } & MaybeUsage
  /** A required export is absent or of another type. */
  ERR_MISSING_EXPORT: { readonly export: string }
  /** The manifest's version is not supported. */
  ERR_API_VERSION: { readonly expected: number; readonly actual: number } & MaybeUsage
  /** Bytes from the guest are not the value they should be. */
  ERR_DECODE: { readonly what: string } & MaybeUsage
  /** Decoded, but a name or pattern in it is not allowed. */
  ERR_INVALID_MANIFEST: { readonly field: string } & MaybeUsage
  /** A pointer or length outside the guest's memory, or an allocation that failed. */
  ERR_ABI_BOUNDS: { readonly what: string; readonly ptr: number; readonly len: number } & MaybeUsage
  /** Out of fuel; `limit` is what the call had. */
  ERR_FUEL_EXHAUSTED: { readonly limit: bigint } & WithUsage
  /** Out of time inside the guest. */
  ERR_DEADLINE_EXCEEDED: { readonly timeoutMs: number } & WithUsage
  /** Out of wasm stack. */
  ERR_STACK_OVERFLOW: WithUsage
  /** The guest failed after the host refused it memory (bytes) or table room (elements). */
  ERR_MEMORY_LIMIT: { readonly limit: number } & WithUsage
  /** Over the result limit. */
  ERR_RESULT_TOO_LARGE: {
    readonly what: string
    readonly limit: number
    readonly actual: number
  } & MaybeUsage
  /** Any other trap. */
  ERR_TRAP: {
    readonly trap: string
    readonly function?: string
    readonly backtrace: readonly TrapFrame[]
  } & WithUsage
  /** Over the limit of effects in one execution: 0 with `executeSync`, which carries out none. */
  ERR_TOO_MANY_EFFECTS: { readonly limit: number } & MaybeUsage
  /** No such command. */
  ERR_COMMAND_NOT_FOUND: { readonly command: string; readonly suggestions: readonly string[] }
  /** Another plugin already provides the command: `owner` is its file, where it has one. */
  ERR_COMMAND_CONFLICT: { readonly command: string; readonly path?: string; readonly owner?: string }
  /** The policy or the person refused. */
  ERR_PERMISSION_DENIED: {
    readonly command: string
    readonly reason: string
    readonly capabilities: Capabilities
  }
  /** A file of the host's own, such as an audit file, that others have a hand in: it is not used. */
  ERR_UNSAFE_FILE: { readonly path: string; readonly reason: UnsafeFileReason }
  /** The plugin is gone. */
  ERR_UNLOADED: MaybeUsage
  /** The registry, watcher or instance is gone. */
  ERR_CLOSED: MaybeUsage
  /** Too much at once: of executions that wait, of live instances, of executions that wait for their caller, or of threads. */
  ERR_BUSY: { readonly limit: number } & MaybeUsage
  /** No addon for this platform, or it could not be loaded. */
  ERR_UNSUPPORTED_PLATFORM: {
    readonly platform: string
    readonly arch: string
    readonly libc?: string
    readonly reason: UnsupportedPlatformReason
  }
  /** A defect in the host. */
  ERR_INTERNAL: MaybeUsage
}

/** What went wrong: the key by which programs tell faults apart. */
export type PluginHostErrorCode = keyof PluginHostErrorDetails

/**
 * Every fault of the host or the sandbox. Programs look at `code` and `details`; the message is for
 * people, says what happened and what to do, and may quote a guest: treat it as data.
 */
export class PluginHostError<Code extends PluginHostErrorCode = PluginHostErrorCode> extends Error {
  override readonly name = 'PluginHostError'
  /** What went wrong, for programs. */
  readonly code: Code
  /** The context of the code: `PluginHostErrorDetails` says which. */
  readonly details: PluginHostErrorDetails[Code]

  constructor(
    code: Code,
    message: string,
    details: PluginHostErrorDetails[Code],
    options?: { cause?: unknown },
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

/** Whether this is a `PluginHostError`, of this code if one is given; narrows `details` with it. */
export function isPluginHostError(error: unknown): error is PluginHostError
export function isPluginHostError<Code extends PluginHostErrorCode>(
  error: unknown,
  code: Code,
): error is PluginHostError<Code>
export function isPluginHostError(error: unknown, code?: PluginHostErrorCode): boolean {
  return error instanceof PluginHostError && (code === undefined || error.code === code)
}

/** @internal A wrong option or argument: `path` says where it stands; `name` is its key. */
export function invalidArgument(
  path: string,
  problem: string,
  name = path.slice(path.lastIndexOf('.') + 1),
): PluginHostError<'ERR_INVALID_ARG'> {
  return new PluginHostError('ERR_INVALID_ARG', `${path} ${problem}`, { name })
}
