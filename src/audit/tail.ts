import { stat } from 'node:fs/promises'
import { type Archive, archivesOf } from './archives.js'
import type { AuditEvent } from './event.js'
import { fromLine } from './line.js'
import type { Line } from './line-splitter.js'
import { LogReader } from './log-reader.js'

/** What a line of an audit file says; of one that is no record, where it is and how it begins. */
export type AuditEntry =
  | { readonly type: 'record'; readonly event: AuditEvent }
  | {
      readonly type: 'invalid'
      /** The file: the audit file, or one that it was before. */
      readonly path: string
      /** The line in the file, from 1. */
      readonly line: number
      /** The line's first 200 characters, as they are: data that anybody may have written. */
      readonly text: string
    }

const MOST_OF_TEXT = 200

/**
 * Files that are kept open after they were read: who had chosen one when its place was taken writes to
 * it a moment later.
 */
const MOST_LEFT = 8

/**
 * Reads an audit file with its archives, the oldest first, and goes on where it was: also in the file
 * that has taken its place by then. Every record is read once, whenever files are begun meanwhile.
 */
export class AuditTail {
  readonly #path: string
  /** Numbers of the archives that were read. Those of inodes are used again; these are not. */
  readonly #read = new Set<number>()
  readonly #left: LogReader[] = []
  #current: LogReader | undefined
  #isFound = false

  constructor(path: string) {
    this.#path = path
  }

  /** Whether there was a file, be it empty. */
  get isFound(): boolean {
    return this.#isFound
  }

  /** What has come since it was last asked for. */
  async *available(): AsyncGenerator<AuditEntry> {
    for (const reader of this.#left) yield* entries(reader)
    for (;;) {
      if (this.#current === undefined) {
        yield* this.#archives()
        this.#current = await this.#open(this.#path)
        if (this.#current === undefined) return
        // Full files that were not seen above come before it.
        if (this.#unread().length > 0) {
          await this.#current.close()
          this.#current = undefined
          continue
        }
      }
      const reader = this.#current
      yield* entries(reader)
      if (await this.#isThere(reader)) return
      const number = this.#unread().find(archive => reader.is(archive))?.number
      if (number !== undefined) this.#read.add(number)
      this.#current = undefined
      yield* this.#leave(reader)
    }
  }

  /** What is after the last lines' ends, if nothing more is to come: records that were cut short. */
  *end(): Generator<AuditEntry> {
    for (const reader of this.#left) yield* rest(reader)
    if (this.#current !== undefined) yield* rest(this.#current)
  }

  async close(): Promise<void> {
    const readers = [...this.#left.splice(0), ...(this.#current === undefined ? [] : [this.#current])]
    this.#current = undefined
    await Promise.all(readers.map(reader => reader.close()))
  }

  /** All of the archives that are there and were not read. */
  async *#archives(): AsyncGenerator<AuditEntry> {
    for (let unread = this.#unread(); unread.length > 0; unread = this.#unread()) {
      for (const { number, path } of unread) {
        this.#read.add(number)
        // It may have been the oldest, and be gone.
        const reader = await this.#open(path)
        if (reader !== undefined) yield* this.#leave(reader)
      }
    }
  }

  /** Reads a file whose place is taken to its end. */
  async *#leave(reader: LogReader): AsyncGenerator<AuditEntry> {
    this.#left.push(reader)
    yield* entries(reader)
    if (this.#left.length <= MOST_LEFT) return
    const oldest = this.#left.shift()
    if (oldest === undefined) return
    yield* rest(oldest)
    await oldest.close()
  }

  async #open(path: string): Promise<LogReader | undefined> {
    const reader = await LogReader.open(path)
    if (reader !== undefined) this.#isFound = true
    return reader
  }

  #unread(): Archive[] {
    return archivesOf(this.#path).filter(({ number }) => !this.#read.has(number))
  }

  async #isThere(reader: LogReader): Promise<boolean> {
    try {
      return reader.is(await stat(this.#path, { bigint: true }))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return false
    }
  }
}

async function* entries(reader: LogReader): AsyncGenerator<AuditEntry> {
  for await (const line of reader.lines()) {
    // A line that was cut short in another process's writing can leave an empty one.
    if (line.bytes.byteLength > 0) yield entry(line, reader.path)
  }
}

function* rest(reader: LogReader): Generator<AuditEntry> {
  const line = reader.end()
  if (line !== undefined) yield entry(line, reader.path)
}

function entry({ number, bytes, isCut }: Line, path: string): AuditEntry {
  const text = Buffer.from(bytes).toString('utf8')
  const event = isCut ? undefined : fromLine(text)
  if (event !== undefined) return { type: 'record', event }
  return { type: 'invalid', path, line: number, text: text.slice(0, MOST_OF_TEXT) }
}
