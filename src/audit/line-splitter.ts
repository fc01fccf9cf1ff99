const LINE_END = 0x0a

/** A line of a file, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number
  readonly bytes: Uint8Array
  /** Whether it was longer than the most, and its bytes are only the first of it. */
  readonly isCut: boolean
}

/** Makes lines of bytes that come in pieces, and keeps no more of a line than the most that one may have. */
export class LineSplitter {
  readonly #most: number
  #number = 1
  #parts: Uint8Array[] = []
  #length = 0
  #isCut = false

  constructor(most: number) {
    this.#most = most
  }

  /** The lines that end in this piece. Bytes are copied: the piece may be used again. */
  *push(piece: Uint8Array): Generator<Line> {
    let start = 0
    for (let end = piece.indexOf(LINE_END); end >= 0; end = piece.indexOf(LINE_END, start)) {
      this.#keep(piece.subarray(start, end))
      yield this.#take()
      start = end + 1
    }
    this.#keep(piece.subarray(start))
  }

  /** What came after the last line's end, if anything. */
  end(): Line | undefined {
    return this.#length === 0 ? undefined : this.#take()
  }

  #keep(bytes: Uint8Array): void {
    const room = this.#most - this.#length
    if (bytes.byteLength > room) this.#isCut = true
    if (bytes.byteLength === 0 || room === 0) return
    // Not `slice`, which on a Buffer is no copy.
    const kept = new Uint8Array(bytes.subarray(0, room))
    this.#parts.push(kept)
    this.#length += kept.byteLength
  }

  #take(): Line {
    const line = { number: this.#number, bytes: Buffer.concat(this.#parts), isCut: this.#isCut }
    this.#number += 1
    this.#parts = []
    this.#length = 0
    this.#isCut = false
    return line
  }
}
