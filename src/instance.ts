import { interruptible, Revocation } from './call.js'
import { checkEffectResult } from './effects/result.js'
import { PluginHostError } from './errors.js'
import { type Calls, executor } from './executor.js'
import { checkLimits, type Limits } from './limits.js'
import type * as native from './native.js'
import { checkArgs, checkInteger, checkOptions, checkSignal } from './options.js'
import { answered, type EffectResult, type ExecuteResult } from './outcome.js'
import { brief, receipt, whole } from './receipt.js'

/** Options of a call. */
export interface CallOptions {
  /** Stops the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /**
   * Limits that differ from those the plugin was loaded with. `maxEffects` is none of them: whoever calls `resume` ends it.
   */
  readonly limits?: Omit<Limits, 'maxEffects'>
}

const CALL_OPTIONS = ['signal', 'limits'] as const

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
  #last: Promise<unknown> = Promise.resolve()
  /** Calls that have not ended, those that wait for their turn included. */
  #running = 0

  /** @internal */
  constructor(plugin: native.Plugin) {
    this.supportsEffects = plugin.supportsEffects()
    this.#instance = plugin.instantiate()
    this.#executeSync = this.#instance.syncCalls()
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
    return await this.#call(options, (limits, call) => execute(checked, limits, call))
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
    return answered(whole(this.#executeSync(brief(checked), receipt, limits))) as ExecuteResult
  }

  /**
   * Hands the result of an effect to the plugin that asked for it, and runs it on.
   *
   * @throws {PluginHostError} As `execute`; `ERR_MISSING_EXPORT` where effects are not supported.
   */
  async resume(effectId: number, result: EffectResult, options?: CallOptions): Promise<ExecuteResult> {
    const id = checkInteger(effectId, 'effectId', 0, 2 ** 32 - 1)
    const checked = checkEffectResult(result, 'result')
    return await this.#call(options, (limits, call) =>
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
    start: (
      limits?: native.LimitOverrides,
      call?: native.Interrupt,
    ) => native.Outcome | Promise<native.Outcome>,
  ): Promise<ExecuteResult> {
    const { signal, limits } = checkCallOptions(options)
    const called = interruptible(signal, this.#revocation, call => {
      // One after the other: a second call would hold a thread only to wait for the first.
      const begun = this.#running === 0 ? start(limits, call) : this.#last.then(() => start(limits, call))
      // Most calls find the instance free, and are done by the time they have begun.
      if (!(begun instanceof Promise)) return begun
      const ended = () => {
        this.#running -= 1
      }
      this.#running += 1
      this.#last = begun.then(ended, ended)
      return begun
    })
    return answered(called instanceof Promise ? await called : called) as ExecuteResult
  }
}

/** @internal Checks the options that every call has. */
function checkCallOptions(options: CallOptions | undefined): {
  signal?: AbortSignal | undefined
  limits?: native.LimitOverrides | undefined
} {
  if (options === undefined) return {}
  const { signal, limits } = checkOptions(options, 'options', CALL_OPTIONS)
  return { signal: checkSignal(signal), limits: checkLimits(limits, 'options.limits').native }
}
