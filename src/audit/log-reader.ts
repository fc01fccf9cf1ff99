import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type FileIdentity, isSameFile } from '../private-file.js'
import { MAX_LINE_BYTES } from './line.js'
import { type Line, LineSplitter } from './line-splitter.js'

const PIECE_BYTES = 64 * 2 ** 10

/** A file's lines, those included that come to it later. */
export class LogReader {
  readonly path: string
  readonly #file: FileHandle
  readonly #identity: FileIdentity
  #position = 0
  #splitter = new LineSplitter(MAX_LINE_BYTES)

  private constructor(path: string, file: FileHandle, identity: FileIdentity) {
    this.path = path
    this.#file = file
    this.#identity = identity
  }

  /**
   * Opens a file; undefined where there is none.
   *
   * @throws What the system says of the path; `EISDIR` and `EINVAL` for what is no regular file.
   */
  static async open(path: string): Promise<LogReader | undefined> {
    const file = await openIfThere(path)
    if (file === undefined) return undefined
    try {
      const stat = await file.stat({ bigint: true })
      if (stat.isFile()) return new LogReader(path, file, stat)
      const code = stat.isDirectory() ? 'EISDIR' : 'EINVAL'
      throw Object.assign(new Error(`${path} is not a regular file`), { code, syscall: 'read', path })
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Whether it is the same file, by whatever name. */
  is(identity: FileIdentity): boolean {
    return isSameFile(this.#identity, identity)
  }

  /** The lines that have come to their ends since they were last asked for. */
  async *lines(): AsyncGenerator<Line> {
    const { size } = await this.#file.stat()
    // Somebody has emptied it.
    if (size < this.#position) {
      this.#position = 0
      this.#splitter = new LineSplitter(MAX_LINE_BYTES)
    }
    const piece = Buffer.alloc(PIECE_BYTES)
    for (;;) {
      const { bytesRead } = await this.#file.read(piece, 0, piece.byteLength, this.#position)
      if (bytesRead === 0) return
      this.#position += bytesRead
      yield* this.#splitter.push(piece.subarray(0, bytesRead))
    }
  }

  /** What is after the last line's end: nothing more is coming. */
  end(): Line | undefined {
    return this.#splitter.end()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
