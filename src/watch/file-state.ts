import { type Metadata, same } from './metadata.js'

/** How long changes are waited for, in milliseconds. */
export interface Timing {
  /** A file that nobody has touched for so long is read. */
  readonly debounceMs: number
  /** So long after its first change it is read, touched or not. */
  readonly maxWaitMs: number
}

/** How often, in the time for which a file has to be quiet, one is tried that is never quiet. */
const RETRIES = 4

/** What is to be done about a file. */
export type Step<Failure> =
  | { readonly do: 'nothing' }
  | { readonly do: 'wait'; readonly until: number }
  | { readonly do: 'read' }
  | { readonly do: 'unload' }
  | { readonly do: 'report'; readonly failure: Failure }

/**
 * `settled`: dealt with. `changing`: somebody is at it. `busy`: it is read, loaded or unloaded.
 * `doubtful`: it could not be loaded, and may be half written.
 *
 * ```text
 * settled ──change──► changing ──quiet, or for too long──► busy ──done──► settled
 *    ▲                   ▲ ▲                                 │
 *    │                   │ └─────────change meanwhile────────┤
 *    │                 change                              failed
 *    │                   │                                   │
 *    └──quiet, reported──┴──────────── doubtful ◄────────────┘
 * ```
 */
type Phase<Failure> =
  | { readonly is: 'settled' }
  | { readonly is: 'changing'; readonly first: number; readonly last: number }
  | { readonly is: 'busy'; readonly last: number; readonly changed?: { first: number; last: number } }
  | { readonly is: 'doubtful'; readonly last: number; readonly failure: Failure }

/**
 * What has been seen of a file, and what is to be done about it. Pure: it is told what happens and
 * when, and does nothing itself. Times are milliseconds of any one clock.
 */
export class FileState<Failure> {
  readonly #timing: Timing
  #metadata: Metadata | undefined
  #phase: Phase<Failure> = { is: 'settled' }

  /** A file that is not there, and that nobody has heard of. */
  constructor(timing: Timing) {
    this.#timing = timing
  }

  /** What the file was when it was last looked at; undefined where it was not there. */
  get metadata(): Metadata | undefined {
    return this.#metadata
  }

  get isSettled(): boolean {
    return this.#phase.is === 'settled'
  }

  /** Whether it could not be loaded, and it is not known yet whether it is going to change. */
  get isDoubtful(): boolean {
    return this.#phase.is === 'doubtful'
  }

  /** Somebody looked at it. */
  seen(now: number, metadata: Metadata | undefined): void {
    if (same(this.#metadata, metadata)) return
    this.#metadata = metadata
    this.touched(now)
  }

  /** Seen for the first time, where it has been since `since`: there is nothing to wait for. */
  found(metadata: Metadata, since: number): void {
    this.#metadata = metadata
    this.#phase = { is: 'changing', first: Number.NEGATIVE_INFINITY, last: since }
  }

  /** Taken as it is: nothing is to be done until it changes. */
  ignore(metadata: Metadata): void {
    this.#metadata = metadata
  }

  /** Somebody changed it, or may have, whether that can be seen or not. */
  touched(now: number): void {
    const phase = this.#phase
    switch (phase.is) {
      case 'settled':
      case 'doubtful':
        this.#phase = { is: 'changing', first: now, last: now }
        break
      case 'changing':
        this.#phase = { ...phase, last: now }
        break
      case 'busy':
        this.#phase = { ...phase, changed: { first: phase.changed?.first ?? now, last: now } }
        break
    }
  }

  next(now: number): Step<Failure> {
    const { debounceMs, maxWaitMs } = this.#timing
    const phase = this.#phase
    switch (phase.is) {
      case 'settled':
      case 'busy':
        return { do: 'nothing' }
      case 'changing': {
        const until = Math.min(phase.last + debounceMs, phase.first + maxWaitMs)
        if (now < until) return { do: 'wait', until }
        return { do: this.#metadata === undefined ? 'unload' : 'read' }
      }
      case 'doubtful': {
        // A writer may take longer from one piece to the next than it takes for a whole file to be quiet.
        const until = phase.last + Math.max(debounceMs, maxWaitMs)
        return now < until ? { do: 'wait', until } : { do: 'report', failure: phase.failure }
      }
    }
  }

  /** What `next` said is begun. */
  begin(): void {
    const phase = this.#phase
    if ('last' in phase) this.#phase = { is: 'busy', last: phase.last }
  }

  /** It is done: what is on disk has been dealt with. `metadata` is that of what was read. */
  done(metadata: Metadata | undefined): void {
    if (this.#phase.is !== 'busy') return
    const { changed } = this.#phase
    // Whoever looked since has seen something newer.
    if (changed === undefined) this.#metadata = metadata
    this.#phase = changed === undefined ? { is: 'settled' } : { is: 'changing', ...changed }
  }

  /** It was read and could not be loaded. */
  failed(metadata: Metadata | undefined, failure: Failure): void {
    if (this.#phase.is !== 'busy') return
    const { last, changed } = this.#phase
    if (changed === undefined) this.#metadata = metadata
    this.#phase = changed === undefined ? { is: 'doubtful', last, failure } : { is: 'changing', ...changed }
  }

  /** Somebody wrote to it while it was read, which is worth another try before long. */
  moved(now: number, metadata: Metadata | undefined): void {
    const { debounceMs, maxWaitMs } = this.#timing
    const first = now - maxWaitMs + Math.min(debounceMs, maxWaitMs) / RETRIES
    this.#metadata = metadata
    this.#phase = { is: 'changing', first, last: now }
  }
}
