import { type DirectoryWatch, native, type WatchedDirectory } from '../native.js'

/** What somebody wants to hear of a directory. */
export type Watched = Omit<WatchedDirectory, 'names'> & { readonly names: ReadonlySet<string> }

/**
 * Signals to look again, from the system. Where it has none to give, or no room for another watch,
 * there are none, and `problem` says why: whoever wants to know has to look.
 */
export class Signals {
  #watch: DirectoryWatch | undefined
  #problem: string | undefined

  constructor(usePolling: boolean, onSignals: (paths: readonly string[] | 'everything') => void) {
    if (usePolling) {
      this.#problem = 'the option usePolling asks for it'
      return
    }
    // The addon keeps this function, which must keep nothing else alive once this is closed.
    const opened = native().DirectoryWatch.open(() => {
      const signals = this.#watch?.take()
      if (signals === undefined) return
      if (signals.everything) onSignals('everything')
      else if (signals.paths.length > 0) onSignals(signals.paths)
    })
    if (typeof opened === 'string') this.#problem = opened
    else this.#watch = opened
  }

  /** Why there are no signals; undefined where there are. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Hears of these directories, and of no others. */
  set(directories: Iterable<Watched>): void {
    const watched = Array.from(directories, ({ names, ...rest }) => ({ ...rest, names: [...names] }))
    const problem = this.#watch?.set(watched) ?? undefined
    if (problem === undefined) return
    // Half of the signals would look like all of them.
    this.#problem = problem
    this.close()
  }

  /** Ends it, with its thread and descriptors. */
  close(): void {
    this.#watch?.close()
    this.#watch = undefined
  }
}
