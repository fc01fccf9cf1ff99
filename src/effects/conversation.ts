import { onAbort } from '../abort.js'
import { interruptible, type Revocation } from '../call.js'
import { PluginHostError } from '../errors.js'
import type { Executor } from '../executor.js'
import type { Capabilities } from '../manifest.js'
import type * as native from '../native.js'
import { answered, type ExecuteResult, sum, type Usage } from '../outcome.js'
import type { EffectBroker } from './broker.js'
import type { EffectPlugin } from './handler.js'

type Answer = Exclude<ExecuteResult, { type: 'effect' }>
type Suspended = native.Outcome & { readonly type: 'effect' }

/** What it takes to go on with an execution that asked for an effect. */
export interface ConversationOptions {
  readonly executor: Executor
  /** Whether the plugin can be told the result of an effect. */
  readonly supportsEffects: boolean
  readonly revocation: Revocation
  readonly limits: native.LimitOverrides | undefined
  readonly maxEffects: number
}

/**
 * An execution that goes on after an effect: always on the instance, and so with the version of the
 * plugin, that it began with. Every call into the guest has fuel and time of its own.
 */
export class Conversation {
  readonly #options: ConversationOptions
  readonly #instance: native.Instance
  #effect: native.Effect
  #usage: Usage

  /**
   * @throws {PluginHostError} `ERR_MISSING_EXPORT` where the plugin could not be told the result;
   *   `ERR_TOO_MANY_EFFECTS` where it may have none. The instance has been given back then.
   */
  constructor({ instance, effect, usage }: Suspended, options: ConversationOptions) {
    if (instance === undefined)
      throw new PluginHostError('ERR_INTERNAL', 'an effect came without its instance', {})
    this.#options = options
    this.#instance = instance
    this.#effect = effect
    this.#usage = usage
    this.#refuseTooMany()
  }

  /** What the plugin asks for. */
  get effect(): native.Effect {
    return this.#effect
  }

  /** The receipt so far. */
  get usage(): Usage {
    return this.#usage
  }

  /**
   * Tells the plugin the result, and runs it on: its answer, or undefined where it asks for another
   * effect.
   *
   * @throws {PluginHostError} As `PluginRegistry.execute`. The conversation is over then.
   */
  async resume(result: native.EffectResult, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    const { executor, revocation, limits } = this.#options
    this.#usage = { ...this.#usage, effects: this.#usage.effects + 1 }
    const settled = await interruptible(signal, revocation, call =>
      executor.resume(this.#instance, this.#effect.id, result, limits, call),
    )
    const outcome = answered(settled, { earlier: this.#usage })
    this.#usage = sum(this.#usage, outcome.usage)
    if (outcome.type !== 'effect') return { ...outcome, usage: this.#usage }
    this.#effect = outcome.effect
    this.#refuseTooMany()
    return undefined
  }

  /** Stops a guest that still runs, and gives its memory back. Idempotent. */
  close(): void {
    this.#instance.close()
  }

  #refuseTooMany(): void {
    const { supportsEffects, maxEffects } = this.#options
    if (supportsEffects && this.#usage.effects < maxEffects) return
    this.close()
    throw supportsEffects ? tooManyEffects(maxEffects, this.#usage) : cannotResume()
  }
}

/** Carries out effects and tells the guest what came of them, until it is done. */
export async function converse(
  conversation: Conversation,
  {
    broker,
    revocation,
    signal,
    ...origin
  }: {
    readonly broker: EffectBroker
    readonly plugin: EffectPlugin
    readonly grant: Capabilities
    readonly revocation: Revocation
    readonly signal: AbortSignal | undefined
  },
): Promise<Answer> {
  try {
    for (;;) {
      const { effect } = conversation
      const result = await interruptible(signal, revocation, () =>
        until(signal, revocation, gone => broker.carryOut(effect, { ...origin, signal: gone })),
      )
      const answer = await conversation.resume(result, signal)
      if (answer !== undefined) return answer
    }
  } finally {
    conversation.close()
  }
}

/** Carries something out with a signal that is aborted when the call or the plugin is gone. */
async function until<T>(
  signal: AbortSignal | undefined,
  revocation: Revocation,
  carryOut: (gone: AbortSignal) => Promise<T>,
): Promise<T> {
  const gone = new AbortController()
  const stopHearing = signal && onAbort(signal, () => gone.abort(signal.reason))
  const stopListening = revocation.listen(() => gone.abort(revocation.error))
  try {
    return await carryOut(gone.signal)
  } finally {
    stopHearing?.()
    stopListening()
  }
}

/** An execution asked for more effects than it may have; 0 is a call that can have none. */
export function tooManyEffects(limit: number, usage: Usage): PluginHostError<'ERR_TOO_MANY_EFFECTS'> {
  const message =
    limit === 0
      ? 'the plugin asked for an effect, and this call carries out none: use the asynchronous execute, with limits.maxEffects above 0'
      : `the plugin asked for more than ${limit} effects: raise limits.maxEffects if it needs more`
  return new PluginHostError('ERR_TOO_MANY_EFFECTS', message, { limit, usage })
}

function cannotResume(): PluginHostError<'ERR_MISSING_EXPORT'> {
  const message =
    'the plugin asked for an effect but does not export plugin_resume, so it cannot be told the result'
  return new PluginHostError('ERR_MISSING_EXPORT', message, { export: 'plugin_resume' })
}
