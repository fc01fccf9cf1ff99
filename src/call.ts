import { onAbort } from './abort.js'
import type { PluginHostError } from './errors.js'
import { type Interrupt, native } from './native.js'

/**
 * What can be taken back from all calls at once: a registry's plugin, or a live instance. Its
 * `interrupt` stops guests; whoever waits for them hears of it at once.
 */
export class Revocation {
  readonly interrupt: Interrupt = new (native().Interrupt)()
  readonly #waiting = new Set<() => void>()
  #error: (() => PluginHostError) | undefined

  /** Stops what runs and refuses what would. Only the first reason counts. */
  revoke(reason: 'unloaded' | 'closed', error: () => PluginHostError): void {
    if (this.#error !== undefined) return
    this.#error = error
    this.interrupt.trigger(reason)
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const listener of waiting) listener()
  }

  /** An error of the caller's own, where this is revoked. */
  get error(): PluginHostError | undefined {
    return this.#error?.()
  }

  /** Calls `listener` once this is revoked; returns what takes that back. */
  listen(listener: () => void): () => void {
    if (this.#error === undefined) this.#waiting.add(listener)
    else listener()
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
  // Thrown from here, so that its stack leads to whoever made this call.
  if (revocation.error !== undefined) throw revocation.error
  const call = signal && new (native().Interrupt)()
  let stopHearing: (() => void) | undefined
  let stopListening: (() => void) | undefined
  try {
    const first = await new Promise<T | typeof STOPPED>((resolve, reject) => {
      const stop = () => resolve(STOPPED)
      const abort = () => {
        call?.trigger('aborted')
        stop()
      }
      stopHearing = signal && onAbort(signal, abort)
      stopListening = revocation.listen(stop)
      start(call).then(resolve, reject)
    })
    if (first !== STOPPED) return first
  } finally {
    stopHearing?.()
    stopListening?.()
  }
  if (revocation.error !== undefined) throw revocation.error
  throw signal?.reason
}

const STOPPED = Symbol('stopped')
