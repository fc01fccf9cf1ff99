import { invalidArgument } from '../errors.js'
import { checkOneOf, checkOptions } from '../options.js'
import { AUDIT_EVENT_TYPES, type AuditEvent, type AuditEventType } from './event.js'

/** Which events of an audit are wanted: those that every key agrees to. Default: all. */
export interface AuditFilter {
  /** One of these types. */
  readonly type?: AuditEventType | readonly AuditEventType[]
  /** The plugin's command. */
  readonly command?: string
  /** The digest of the plugin's module, with its `blake3:`. */
  readonly digest?: string
  /** From this time on. */
  readonly since?: Date
  /** Before this time. */
  readonly until?: Date
}

/**
 * @internal What a filter says of an event.
 *
 * @throws {PluginHostError} `ERR_INVALID_ARG` for a filter that is none.
 */
export function checkFilter(filter: AuditFilter | undefined, path: string): (event: AuditEvent) => boolean {
  const { type, command, digest, since, until } = checkOptions(filter, path, [
    'type',
    'command',
    'digest',
    'since',
    'until',
  ])
  const types =
    type === undefined
      ? undefined
      : [type].flat().map(word => checkOneOf<AuditEventType>(word, `${path}.type`, AUDIT_EVENT_TYPES))
  checkText(command, `${path}.command`)
  checkText(digest, `${path}.digest`)
  const from = checkTime(since, `${path}.since`) ?? Number.NEGATIVE_INFINITY
  const to = checkTime(until, `${path}.until`) ?? Number.POSITIVE_INFINITY
  return event => {
    const time = Date.parse(event.time)
    return (
      (types === undefined || types.includes(event.type)) &&
      (command === undefined || event.command === command) &&
      (digest === undefined || event.digest === digest) &&
      time >= from &&
      time < to
    )
  }
}

function checkText(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'string') throw invalidArgument(path, 'must be a string')
}

function checkTime(value: unknown, path: string): number | undefined {
  if (value === undefined) return undefined
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime()
  throw invalidArgument(path, 'must be a Date')
}
