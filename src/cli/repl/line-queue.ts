import type { Interface } from 'node:readline'

/** The lines that were typed, until somebody takes them: also while a command runs. */
export class LineQueue {
  #lines: string[] = []
  #isClosed = false
  #wake = () => {}
  #diversion: ((line: string) => void) | undefined

  constructor(source: Pick<Interface, 'on'>) {
    source.on('line', line => {
      if (this.#diversion !== undefined) {
        this.#diversion(line)
        return
      }
      this.#lines.push(line)
      this.#wake()
    })
    source.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** The next line, as soon as there is one; undefined when none will come. */
  async next(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#isClosed) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    return this.#lines.shift()
  }

  /** Whether there is no line that nobody has taken. */
  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  /** Whether no line will come any more, so that nobody is to be asked for one. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Gives lines from now on to somebody else; returns what takes that back. */
  divert(to: (line: string) => void): () => void {
    this.#diversion = to
    return () => {
      this.#diversion = undefined
    }
  }

  /** Forgets the lines that nobody has taken; returns whether there were any. */
  clear(): boolean {
    const had = this.#lines.length > 0
    this.#lines = []
    return had
  }
}
