import { type Decided, NEVER } from './decided.js'

/** A decision that is being made, and how many wait for it. */
interface Pending {
  readonly decision: Promise<Decided>
  readonly abandon: AbortController
  waiting: number
  /** Whether an answer that holds for one execution has been used by one. */
  isUsed: boolean
}

/** Decisions that are being made: one for all executions that wait for the same. */
export class PendingDecisions {
  readonly #pending = new Map<string, Pending>()

  /**
   * Waits for a decision.
   *
   * @param key - Whose decision it is; without one, nobody shares it.
   * @param make - Makes it, unless somebody waits for it already. Its signal is aborted when nobody waits any more.
   * @param interruptible - Waits for it, unless that is interrupted or has been: then nothing begins.
   */
  async wait(
    key: string | undefined,
    make: (signal: AbortSignal) => Promise<Decided>,
    interruptible: <T>(wait: () => Promise<T>) => T | Promise<T>,
  ): Promise<Decided> {
    for (;;) {
      const joined: { pending?: Pending } = {}
      try {
        const { decided, pending } = await interruptible(async () => {
          const pending = this.#join(key, make)
          pending.waiting += 1
          joined.pending = pending
          return { decided: await pending.decision, pending }
        })
        const isOnce = decided.by === 'prompt' && decided.until === NEVER
        // Once is once, however many wait for the answer.
        if (!isOnce || !pending.isUsed) {
          pending.isUsed = true
          return decided
        }
      } finally {
        if (joined.pending !== undefined) this.#leave(key, joined.pending)
      }
    }
  }

  #join(key: string | undefined, make: (signal: AbortSignal) => Promise<Decided>): Pending {
    const shared = key === undefined ? undefined : this.#pending.get(key)
    if (shared !== undefined) return shared
    const abandon = new AbortController()
    const decision = make(abandon.signal)
    const pending = { decision, abandon, waiting: 0, isUsed: false }
    if (key !== undefined) this.#pending.set(key, pending)
    // Who comes later is decided about anew; who waited may have gone by the time that it fails.
    const settled = () => this.#forget(key, pending)
    decision.then(settled, settled)
    return pending
  }

  #leave(key: string | undefined, pending: Pending): void {
    pending.waiting -= 1
    if (pending.waiting > 0) return
    this.#forget(key, pending)
    pending.abandon.abort()
  }

  #forget(key: string | undefined, pending: Pending): void {
    if (key !== undefined && this.#pending.get(key) === pending) this.#pending.delete(key)
  }
}
