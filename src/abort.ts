/** Who listens to a signal, and what the signal itself calls. */
interface Audience {
  readonly listeners: Set<() => void>
  readonly tell: () => void
}

const audiences = new WeakMap<AbortSignal, Audience>()

/**
 * Calls `listener` once the signal is aborted; returns what takes that back. All calls that share a
 * signal are one listener of it: where one signal has more than ten, Node warns of a leak.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const audience = audiences.get(signal) ?? gather(signal)
  audience.listeners.add(listener)
  return () => {
    audience.listeners.delete(listener)
    if (audience.listeners.size > 0 || audiences.get(signal) !== audience) return
    audiences.delete(signal)
    signal.removeEventListener('abort', audience.tell)
  }
}

function gather(signal: AbortSignal): Audience {
  const listeners = new Set<() => void>()
  const tell = () => {
    audiences.delete(signal)
    for (const listener of [...listeners]) listener()
  }
  signal.addEventListener('abort', tell, { once: true })
  // Only now: with JavaScript's stack nearly full, the line above can throw.
  const audience = { listeners, tell }
  audiences.set(signal, audience)
  return audience
}

/** Awaits work that may not listen to the signal; whoever waits hears of an abort at once. */
export async function withSignal<T>(signal: AbortSignal, start: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  let stopHearing = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stopHearing = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([start(), aborted])
  } finally {
    stopHearing()
  }
}

/**
 * A signal that is aborted with another one or, for a reason of its own, after a time. To be
 * cleared once it is of no more use.
 */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #stopHearing: () => void

  constructor(signal: AbortSignal, milliseconds: number, reason: () => unknown) {
    this.#timer = setTimeout(() => this.#controller.abort(reason()), milliseconds)
    this.#stopHearing = onAbort(signal, () => this.#controller.abort(signal.reason))
    if (signal.aborted) this.#controller.abort(signal.reason)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#stopHearing()
  }
}
