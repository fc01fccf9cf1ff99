/** A stream that others write to as well. */
type Stream = Pick<NodeJS.WritableStream, 'write'>

const LINE_FEED = 10

/**
 * Knows whether the cursor is where a line starts, by the end of what was written last to some
 * streams, whoever wrote it: plugins write past the shell, and end their lines or do not.
 */
export class LineStart {
  #isReached = true

  constructor(...streams: readonly Stream[]) {
    for (const stream of streams) this.#listenTo(stream)
  }

  /** Whether what is written next begins a line. */
  get isReached(): boolean {
    return this.#isReached
  }

  #listenTo(stream: Stream): void {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
    stream.write = (text: string | Uint8Array, ...rest: unknown[]) => {
      if (text.length > 0)
        this.#isReached = typeof text === 'string' ? text.endsWith('\n') : text.at(-1) === LINE_FEED
      return write(text, ...rest)
    }
  }
}
