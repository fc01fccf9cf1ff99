import { PluginHostError } from '../errors.js'
import { modulePath } from '../module-path.js'
import { checkBoolean, checkInteger, checkOptions } from '../options.js'
import { textOfError } from '../text-of-error.js'
import { archive } from './archives.js'
import { defaultAuditPath } from './default-path.js'
import type { AuditEvent } from './event.js'
import { toLine } from './line.js'
import { LogFile } from './log-file.js'
import type { AuditSink } from './sink.js'

/** How much a `FileAuditSink` keeps, and what happens when it cannot write. */
export interface FileAuditSinkOptions {
  /**
   * Bytes of one file, from 1,024: a record that would not fit begins another, and the one that is full
   * gets a number, as `audit.jsonl.7`, the latest the highest. A record is never divided, so that a
   * large one can have a file that is larger. Default: 10 MiB.
   */
  readonly maxBytes?: number
  /** Files that are kept, from 1 to 10,000, the one that is written included. Default: 5. */
  readonly maxFiles?: number
  /** Whether an event that cannot be recorded stops what it would have recorded. Default: false. */
  readonly required?: boolean
}

const DEFAULT_MAX_BYTES = 10 * 2 ** 20
const DEFAULT_MAX_FILES = 5

/**
 * Writes events to a file, one line of JSON each, that is the user's alone: made with mode 0600, in a
 * directory with mode 0700 if that has to be made. By default up to five files of 10 MiB are kept.
 *
 * An event is in the file when `record` returns: it does not wait for anything, and it outlives the
 * process however that ends. (It does not wait for the disk: a machine that loses its power loses what
 * the system had not written by then.) Any number of processes, Workers and sinks can write to one file:
 * their records stay whole and none is lost, whoever begins a new file.
 *
 * The file is opened by the first event, checked through its descriptor, and refused with
 * `ERR_UNSAFE_FILE` where others have a hand in it: a link, a FIFO or device, another user's, one that
 * group or others may write to, or one in a directory that they may write to, or that is neither this user's nor root's.
 */
export class FileAuditSink implements AuditSink {
  readonly required: boolean
  /** The file: absolute. */
  readonly path: string
  readonly #maxBytes: number
  readonly #maxFiles: number
  #file: LogFile | undefined
  #isClosed = false
  #isTooLarge = false

  /** @param path - The file, or a `file:` URL. Default: what `defaultAuditPath()` says. */
  constructor(path: string | URL = defaultAuditPath(), options?: FileAuditSinkOptions) {
    const { maxBytes, maxFiles, required } = checkOptions(options, 'options', [
      'maxBytes',
      'maxFiles',
      'required',
    ])
    this.path = modulePath(path, 'path')
    this.#maxBytes = checkInteger(
      maxBytes ?? DEFAULT_MAX_BYTES,
      'options.maxBytes',
      1024,
      Number.MAX_SAFE_INTEGER,
    )
    this.#maxFiles = checkInteger(maxFiles ?? DEFAULT_MAX_FILES, 'options.maxFiles', 1, 10_000)
    this.required = checkBoolean(required ?? false, 'options.required')
  }

  /**
   * Appends an event to the file.
   *
   * @throws {PluginHostError} `ERR_UNSAFE_FILE` for a file that is not to be used, `ERR_INVALID_ARG` for
   *   what is no event, `ERR_CLOSED` after `close`. What the system says (`ENOSPC`, `EACCES` and so on)
   *   comes with Node's own code and the path.
   */
  record(event: AuditEvent): void {
    if (this.#isClosed) throw new PluginHostError('ERR_CLOSED', 'the audit sink is closed', {})
    const line = Buffer.from(`${toLine(event)}\n`)
    let file: LogFile
    do {
      file = this.#fileFor(line.byteLength)
      file.append(line)
      // Between its choice and the write it can have become the oldest archive, and gone.
    } while (file.isDeleted)
  }

  /** Closes the file; there is nothing left to be written. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#release()
  }

  /** The file that the path names now, or a new one in its place where the line has no room in it. */
  #fileFor(bytes: number): LogFile {
    const file = this.#open()
    const { size } = file
    if (size === 0 || size + bytes <= this.#maxBytes) return file
    try {
      archive(this.path, this.#maxFiles - 1, () => file.isThere())
      this.#isTooLarge = false
    } catch (error) {
      // To record it in a file that is too large is better than not at all.
      this.#warn(error)
    }
    return this.#open()
  }

  #open(): LogFile {
    if (!this.#file?.isThere()) {
      this.#release()
      this.#file = new LogFile(this.path)
    }
    return this.#file
  }

  #release(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #warn(error: unknown): void {
    if (this.#isTooLarge) return
    this.#isTooLarge = true
    const reason = textOfError(error)
    process.emitWarning(`${this.path} grows beyond its limit, as no new file can be begun: ${reason}`, {
      type: 'AuditWarning',
      code: 'SEN_AUDIT_ROTATION',
    })
  }
}
