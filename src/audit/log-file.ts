import { closeSync, fstatSync, lstatSync, readSync, writeSync } from 'node:fs'
import { type FileIdentity, isSameFile, openToAppend } from '../private-file.js'
import { refusing } from './unsafe-file.js'

const NEW_LINE = Buffer.from('\n')

/** A file that is appended to: the one that was opened and checked, whatever name it has by now. */
export class LogFile {
  readonly #path: string
  readonly #fd: number
  readonly #identity: FileIdentity

  /**
   * Makes the file where it is not there, for the user alone.
   *
   * @throws {PluginHostError} `ERR_UNSAFE_FILE`, where somebody else could have put it there, or could write to it.
   * @throws What the system says of the path.
   */
  constructor(path: string) {
    const { fd, identity } = openToAppend(path, refusing(path))
    this.#path = path
    this.#fd = fd
    this.#identity = identity
  }

  /** Whether its path still names it. */
  isThere(): boolean {
    const stat = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })
    return stat !== undefined && isSameFile(stat, this.#identity)
  }

  /** Whether it has no name any more: what was written to it, nobody will read. */
  get isDeleted(): boolean {
    return fstatSync(this.#fd).nlink === 0
  }

  get size(): number {
    return fstatSync(this.#fd).size
  }

  /**
   * Appends a line, its end included, in one write, which the system keeps apart from those of other
   * processes. It is in the file when this returns, whatever becomes of the process.
   *
   * @throws What the system says: `ENOSPC` and so on.
   */
  append(line: Uint8Array): void {
    try {
      const bytes = this.#endsInPart() ? Buffer.concat([NEW_LINE, line]) : line
      if (writeSync(this.#fd, bytes) === bytes.length) return
      // Part of the line is there, and the system says why no more when it is asked for more.
      writeSync(this.#fd, NEW_LINE)
    } catch (error) {
      // Node leaves the path out where it only knows the descriptor.
      throw Object.assign(error as Error, { path: this.#path })
    }
    throw Object.assign(new Error(`only part of a line could be written to ${this.#path}`), {
      code: 'EIO',
      syscall: 'write',
      path: this.#path,
    })
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** Whether somebody's write was cut short: that costs this record, and not the next one as well. */
  #endsInPart(): boolean {
    const { size } = this
    const last = Buffer.alloc(1)
    return size > 0 && readSync(this.#fd, last, 0, 1, size - 1) === 1 && !last.equals(NEW_LINE)
  }
}
