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
 * Begins work that can be stopped from outside, and waits for it unless it is done at once: what
 * stops it is a signal, with its reason, or a revocation. Whoever waits hears of it at once, and the
 * guest stops within about a millisecond.
 *
 * All that is waited for is begun in `begin`, and by nobody before: then nothing begins once it is
 * stopped, and nothing fails that nobody listens to.
 *
 * @param begin - Gets a handle that stops this call, if there is a signal.
 * @throws What stopped it already; a promise rejects with what stops it meanwhile.
 */
export function interruptible<T>(
  signal: AbortSignal | undefined,
  revocation: Revocation,
  begin: (call: Interrupt | undefined) => T | Promise<T>,
): T | Promise<T> {
  refuseStopped(signal, revocation)
  const call = signal && new (native().Interrupt)()
  const begun = begin(call)
  return begun instanceof Promise ? interrupted(signal, revocation, call, begun) : begun
}

/** Throws what has stopped a call: from here, so that its stack leads to whoever made the call. */
export function refuseStopped(signal: AbortSignal | undefined, revocation: Revocation): void {
  signal?.throwIfAborted()
  const { error } = revocation
  if (error !== undefined) throw error
}

/** Waits for work that has just begun. */
async function interrupted<T>(
  signal: AbortSignal | undefined,
  revocation: Revocation,
  call: Interrupt | undefined,
  begun: Promise<T>,
): Promise<T> {
  let stopHearing: (() => void) | undefined
  let stopListening: (() => void) | undefined
  try {
    const first = await new Promise<T | typeof STOPPED>((resolve, reject) => {
      // First: whatever becomes of the rest, somebody listens.
      begun.then(resolve, reject)
      const stop = () => resolve(STOPPED)
      const abort = () => {
        call?.trigger('aborted')
        stop()
      }
      stopHearing = signal && onAbort(signal, abort)
      // What has begun may have ended all of this itself.
      if (signal?.aborted) abort()
      stopListening = revocation.listen(stop)
    })
    if (first !== STOPPED) return first
  } finally {
    stopHearing?.()
    stopListening?.()
  }
  refuseStopped(undefined, revocation)
  throw signal?.reason
}

const STOPPED = Symbol('stopped')
