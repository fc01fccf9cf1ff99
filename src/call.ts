import type { PluginHostError } from './errors.js'
import { type Interrupt, native } from './native.js'

/**
 * What can be taken back from all calls at once: a registry's plugin, or a live instance. Its
 * `interrupt` stops guests; whoever waits for them hears of it at once.
 */
export class Revocation {
  readonly interrupt: Interrupt = new (native().Interrupt)()
  readonly #waiting = new Set<(error: PluginHostError) => void>()
  #error: PluginHostError | undefined

  /** Stops what runs and refuses what would. Only the first reason counts. */
  revoke(reason: 'unloaded' | 'closed', error: PluginHostError): void {
    if (this.#error !== undefined) return
    this.#error = error
    this.interrupt.trigger(reason)
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
  }

  /** Whether nobody waits for anything that this could stop. */
  get idle(): boolean {
    return this.#waiting.size === 0
  }

  /** Calls `listener` when this is revoked; returns what takes that back. */
  listen(listener: (error: PluginHostError) => void): () => void {
    if (this.#error !== undefined) {
      listener(this.#error)
      return () => {}
    }
    this.#waiting.add(listener)
    return () => this.#waiting.delete(listener)
  }
}

/**
 * Awaits work that can be stopped from outside: by a signal, with its reason, or by a revocation.
 * Whoever waits hears of it at once, and the guest stops within about a millisecond. `start` gets
 * a handle that stops this call, if there is a signal.
 */
export async function interruptible<T>(
  signal: AbortSignal | undefined,
  revocation: Revocation,
  start: (call: Interrupt | undefined) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const call = signal && new (native().Interrupt)()
  return await new Promise<T>((resolve, reject) => {
    const aborted = () => {
      call?.trigger('aborted')
      settle(() => reject(signal?.reason))
    }
    const stopListening = revocation.listen(error => settle(() => reject(error)))
    const settle = (deliver: () => void) => {
      signal?.removeEventListener('abort', aborted)
      stopListening()
      deliver()
    }
    signal?.addEventListener('abort', aborted)
    start(call).then(
      value => settle(() => resolve(value)),
      error => settle(() => reject(error)),
    )
  })
}
