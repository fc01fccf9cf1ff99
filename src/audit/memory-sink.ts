import { checkBoolean, checkInteger, checkOptions } from '../options.js'
import type { AuditEvent } from './event.js'
import { fromLine, toLine } from './line.js'
import type { AuditSink } from './sink.js'

/** How much a `MemoryAuditSink` keeps. */
export interface MemoryAuditSinkOptions {
  /** Events that are kept, from 1; the oldest go first. Default: 10,000. */
  readonly limit?: number
  /** Whether an event that cannot be recorded stops what it would have recorded. Default: false. */
  readonly required?: boolean
}

const DEFAULT_LIMIT = 10_000

/** Keeps the latest events in memory, just as they would be read from a file: for tests, or to be shown. */
export class MemoryAuditSink implements AuditSink {
  readonly required: boolean
  readonly #limit: number
  readonly #events: AuditEvent[] = []

  constructor(options?: MemoryAuditSinkOptions) {
    const { limit, required } = checkOptions(options, 'options', ['limit', 'required'])
    this.#limit = checkInteger(limit ?? DEFAULT_LIMIT, 'options.limit', 1, Number.MAX_SAFE_INTEGER)
    this.required = checkBoolean(required ?? false, 'options.required')
  }

  /** What was recorded, the oldest first: a list of its own, which does not change. */
  get events(): readonly AuditEvent[] {
    return [...this.#events]
  }

  /** @throws {PluginHostError} `ERR_INVALID_ARG` for what is no event. */
  record(event: AuditEvent): void {
    // A copy, within the bounds of a record, which nobody changes afterwards.
    const recorded = fromLine(toLine(event))
    if (recorded !== undefined) this.#events.push(recorded)
    if (this.#events.length > this.#limit) this.#events.shift()
  }
}
