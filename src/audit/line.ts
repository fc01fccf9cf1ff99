import { invalidArgument } from '../errors.js'
import { inertJson } from '../inert.js'
import { bounded } from './bounded.js'
import { type AuditEvent, isAuditEvent } from './event.js'

/** Bytes of a line: more than the bounds of a record come to with every character escaped. */
export const MAX_LINE_BYTES = 2 ** 20

/**
 * An event as one line of JSON, without its end. Whatever a terminal would act on, a reader would take
 * for the end of a line, or nobody could see is escaped (`\u001b`), so that the file can be looked at
 * with any tool. See `bounded` for what a record can hold.
 *
 * @throws {PluginHostError} `ERR_INVALID_ARG`, if it is no event.
 */
export function toLine(event: AuditEvent): string {
  if (!isAuditEvent(event)) throw invalidArgument('event', 'must be an audit event')
  const { time, type, command, digest, path, details } = event
  return inertJson(JSON.stringify(bounded({ time, type, command, digest, path, details })))
}

/** The event of a line; undefined where it is none. */
export function fromLine(line: string): AuditEvent | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  return isAuditEvent(value) ? value : undefined
}
