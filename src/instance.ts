import { interruptible, Revocation } from './call.js'
import { LiveEffects } from './effects/live.js'
import { checkEffectResult } from './effects/result.js'
import { PluginHostError } from './errors.js'
import { type Calls, executor } from './executor.js'
import { type CheckedLimits, checkLimits, type Limits } from './limits.js'
import type * as native from './native.js'
import { checkArgs, checkInteger, checkOptions, checkSignal } from './options.js'
import { answered, type EffectResult, type ExecuteResult } from './outcome.js'
import { brief, receipt, whole } from './receipt.js'

/** Options of a call. */
export interface CallOptions {
  /** Stops the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Limits that differ from those the plugin was loaded with. */
  readonly limits?: Limits
}

const CALL_OPTIONS = ['signal', 'limits'] as const
const NO_LIMITS: CheckedLimits = {}

/**
 * One live instance of a plugin: its memory persists from call to call. Calls run one at a time,
 * asynchronous ones in the order in which they were made. A call that traps, runs over a limit or is aborted leaves
 * the guest in the middle of something: the next call begins with fresh memory.
 *
 * Effects are not carried out here: a result of type `effect` is the caller's to answer with
 * `resume`.
 */
export class PluginInstance {
  /** Whether the plugin can be resumed after an effect. */
  readonly supportsEffects: boolean
  readonly #instance: native.Instance
  readonly #executeSync: ReturnType<native.Instance['syncCalls']>
  #execute: Calls | undefined
  readonly #revocation = new Revocation()
  readonly #effects: LiveEffects
  #last: Promise<unknown> = Promise.resolve()
  /** Calls that have not ended, those that wait for their turn included. */
  #running = 0

  /** @internal */
  constructor(plugin: native.Plugin, limits: CheckedLimits) {
    this.supportsEffects = plugin.supportsEffects()
    this.#instance = plugin.instantiate()
    this.#executeSync = this.#instance.syncCalls()
    this.#effects = new LiveEffects(limits)
  }

  /**
   * Runs the plugin's command off the event loop.
   *
   * @throws {PluginHostError} The faults of a guest; `ERR_CLOSED`; `ERR_INVALID_ARG`.
   */
  async execute(args: readonly string[], options?: CallOptions): Promise<ExecuteResult> {
    const checked = checkArgs(args)
    this.#execute ??= executor().callsOn(this.#instance)
    const execute = this.#execute
    return await this.#call(options, undefined, (limits, call) => execute(checked, limits, call))
  }

  /**
   * Runs the plugin's command on this thread, which waits for it: for scripts and hot paths. Waits
   * for a call that runs already, and goes ahead of those that wait for their turn.
   *
   * @throws {PluginHostError} As `execute`.
   */
  executeSync(args: readonly string[], options?: CallOptions): ExecuteResult {
    const checked = checkArgs(args)
    const { signal, limits } = checkCallOptions(options)
    signal?.throwIfAborted()
    const outcome = answered(whole(this.#executeSync(brief(checked), receipt, limits.native)))
    return this.#effects.count(outcome, 0, limits) as ExecuteResult
  }

  /**
   * Hands the result of an effect to the plugin that asked for it, and runs it on.
   *
   * @throws {PluginHostError} As `execute`; `ERR_MISSING_EXPORT` where effects are not supported.
   */
  async resume(effectId: number, result: EffectResult, options?: CallOptions): Promise<ExecuteResult> {
    const id = checkInteger(effectId, 'effectId', 0, 2 ** 32 - 1)
    const checked = checkEffectResult(result, 'result')
    return await this.#call(options, id, (limits, call) =>
      executor().resume(this.#instance, id, checked, limits, call),
    )
  }

  /** Throws the instance away; a running call is stopped, later ones are refused with `ERR_CLOSED`. */
  close(): void {
    this.#revocation.revoke('closed', () => new PluginHostError('ERR_CLOSED', 'the instance was closed', {}))
    this.#instance.close()
  }

  /** Does what `close` does, at the end of the block that says `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  async #call(
    options: CallOptions | undefined,
    answeredEffect: number | undefined,
    start: (
      limits?: native.LimitOverrides,
      call?: native.Interrupt,
    ) => native.Outcome | Promise<native.Outcome>,
  ): Promise<ExecuteResult> {
    const { signal, limits } = checkCallOptions(options)
    const earlierEffects = answeredEffect === undefined ? 0 : this.#effects.answering(answeredEffect)
    const called = interruptible(signal, this.#revocation, call => {
      // One after the other: a second call would hold a thread only to wait for the first.
      const begun =
        this.#running === 0 ? start(limits.native, call) : this.#last.then(() => start(limits.native, call))
      // Most calls find the instance free, and are done by the time they have begun.
      if (!(begun instanceof Promise)) return begun
      const ended = () => {
        this.#running -= 1
      }
      this.#running += 1
      this.#last = begun.then(ended, ended)
      return begun
    })
    const outcome = answered(called instanceof Promise ? await called : called)
    return this.#effects.count(outcome, earlierEffects, limits) as ExecuteResult
  }
}

/** @internal Checks the options that every call has. */
function checkCallOptions(options: CallOptions | undefined): {
  signal?: AbortSignal | undefined
  limits: CheckedLimits
} {
  if (options === undefined) return { limits: NO_LIMITS }
  const { signal, limits } = checkOptions(options, 'options', CALL_OPTIONS)
  return { signal: checkSignal(signal), limits: checkLimits(limits, 'options.limits') }
}
