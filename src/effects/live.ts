import type { CheckedLimits } from '../limits.js'
import { DEFAULT_MAX_EFFECTS } from '../limits.js'
import type * as native from '../native.js'
import { tooManyEffects } from './conversation.js'

/** Effects of one instance that may still be answered, and of which the count is known. */
const MOST_OPEN = 1024

/**
 * Counts the effects of a live instance. Its executions can have effects open side by side; which of
 * them a call goes on with is told by the id of the effect that it answers.
 */
export class LiveEffects {
  readonly #limits: CheckedLimits
  /** How many effects an execution had up to this one, by its id: the oldest first. */
  readonly #open = new Map<number, number>()

  constructor(limits: CheckedLimits) {
    this.#limits = limits
  }

  /** How many effects the execution had that is gone on with, this one included. */
  answering(effectId: number): number {
    const count = this.#open.get(effectId) ?? 1
    this.#open.delete(effectId)
    return count
  }

  /**
   * Counts what an execution asks for that had so many effects.
   *
   * @throws {PluginHostError} `ERR_TOO_MANY_EFFECTS`.
   */
  count<T extends Exclude<native.Outcome, { type: 'fault' }>>(
    outcome: T,
    earlier: number,
    limits: CheckedLimits,
  ): T {
    if (outcome.type !== 'effect') return outcome
    const most = limits.maxEffects ?? this.#limits.maxEffects ?? DEFAULT_MAX_EFFECTS
    if (earlier >= most) throw tooManyEffects(most, outcome.usage)
    const [oldest] = this.#open.keys()
    if (this.#open.size >= MOST_OPEN && oldest !== undefined) this.#open.delete(oldest)
    this.#open.delete(outcome.effect.id)
    this.#open.set(outcome.effect.id, earlier + 1)
    return outcome
  }
}
