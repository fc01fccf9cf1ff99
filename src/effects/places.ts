import { onAbort } from '../abort.js'

/** So many at once; whoever comes when all places are taken gets one in the order of arrival. */
export class Places {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  /**
   * Waits for a place; returns what gives it back, to be called once.
   *
   * @throws The signal's reason, once it is aborted.
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#turn(signal)
    return () => this.#release()
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopHearing = onAbort(signal, () => {
        this.#waiting.delete(called)
        reject(signal.reason)
      })
      const called = () => {
        stopHearing()
        resolve()
      }
      this.#waiting.add(called)
    })
  }

  /** Gives the place to whoever has waited longest. */
  #release(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free += 1
    } else {
      this.#waiting.delete(next)
      next()
    }
  }
}
