import type { PluginHostError } from '../errors.js'
import type { PluginManifest } from '../manifest.js'
import { textOfError } from '../text-of-error.js'

/**
 * What happened: a file's plugin is there for the first time, is another version, is gone, or could not be loaded.
 */
export type HotReloadEventType = 'loaded' | 'reloaded' | 'unloaded' | 'failed'

/** What happened to a file that is watched. */
export interface HotReloadEvent {
  /** What happened. */
  readonly type: HotReloadEventType
  /** The file, or a directory that may not be read: absolute, as below the directory that was given. */
  readonly path: string
  /** The command that the file provides, or provided. */
  readonly command?: string
  /** What the version that serves from now on says of itself. */
  readonly manifest?: PluginManifest
  /** Of the module that was loaded, or could not be. */
  readonly digest?: string
  /** Of the version that served before. */
  readonly previousDigest?: string
  /** Why it `failed`. What served before goes on serving. */
  readonly error?: PluginHostError
  /** Milliseconds that reading, compiling and asking for the manifest took. */
  readonly durationMs?: number
}

/** Hears of events. What it throws is a warning of the process, and ends nothing. */
export type HotReloadListener = (event: HotReloadEvent) => void

/** Listeners and iterators of one watcher. */
export class Events {
  readonly #listeners = new Map<HotReloadEventType, { listener: HotReloadListener; once: boolean }[]>()
  readonly #queues = new Set<Queue>()
  #isClosed = false

  on(type: HotReloadEventType, listener: HotReloadListener, once: boolean): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), { listener, once }])
  }

  off(type: HotReloadEventType, listener: HotReloadListener): void {
    const listeners = [...(this.#listeners.get(type) ?? [])]
    const index = listeners.findLastIndex(entry => entry.listener === listener)
    if (index < 0) return
    listeners.splice(index, 1)
    this.#listeners.set(type, listeners)
  }

  emit(event: HotReloadEvent): void {
    for (const queue of this.#queues) queue.push(event)
    for (const { listener, once } of this.#listeners.get(event.type) ?? []) {
      if (once) this.off(event.type, listener)
      call(listener, event)
    }
  }

  /** Events from now on; none where nobody hears anything any more. */
  iterate(): AsyncIterableIterator<HotReloadEvent> {
    const queue = new Queue(() => this.#queues.delete(queue))
    if (this.#isClosed) queue.end()
    else this.#queues.add(queue)
    return queue
  }

  /** Nobody hears anything any more; iterators end with what they have. */
  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
    for (const queue of this.#queues) queue.end()
    this.#queues.clear()
  }
}

/** A listener's mistake is the listener's: others hear of the event, and the process goes on. */
function call(listener: HotReloadListener, event: HotReloadEvent): void {
  try {
    const answer: unknown = listener(event)
    if (answer instanceof Promise) answer.catch(warn)
  } catch (error) {
    warn(error)
  }
}

function warn(error: unknown): void {
  process.emitWarning(`a listener of a HotReloadWatcher threw: ${textOfError(error, 'stack')}`, {
    type: 'HotReloadWarning',
    code: 'SEN_LISTENER_THREW',
  })
}

/** Events that an iterator keeps for whoever reads it: as many as a large directory has plugins. */
const MOST_QUEUED = 16_384

/** Events of an iterator. Of more than it keeps, the oldest go, which is said by a warning of the process. */
class Queue implements AsyncIterableIterator<HotReloadEvent> {
  readonly #events: HotReloadEvent[] = []
  readonly #waiting: ((result: IteratorResult<HotReloadEvent>) => void)[] = []
  readonly #onReturn: () => void
  #ended = false
  #hasLost = false

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn
  }

  push(event: HotReloadEvent): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting({ value: event, done: false })
      return
    }
    this.#events.push(event)
    if (this.#events.length > MOST_QUEUED) this.#lose()
  }

  end(): void {
    this.#ended = true
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true })
  }

  #lose(): void {
    this.#events.shift()
    if (this.#hasLost) return
    this.#hasLost = true
    process.emitWarning(
      `an iterator of a HotReloadWatcher is ${MOST_QUEUED} events behind, and loses the oldest: read it, or end it`,
      { type: 'HotReloadWarning', code: 'SEN_EVENTS_LOST' },
    )
  }

  async next(): Promise<IteratorResult<HotReloadEvent>> {
    const event = this.#events.shift()
    if (event !== undefined) return { value: event, done: false }
    if (this.#ended) return { value: undefined, done: true }
    return await new Promise(resolve => {
      this.#waiting.push(resolve)
    })
  }

  async return(): Promise<IteratorResult<HotReloadEvent>> {
    this.#onReturn()
    this.#events.length = 0
    this.end()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
