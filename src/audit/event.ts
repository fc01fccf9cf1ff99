/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** What happened to a plugin's capabilities, or to a plugin. */
export type AuditEventType =
  /** A plugin asked for capabilities that were not decided about yet. */
  | 'requested'
  /** Capabilities were granted. */
  | 'granted'
  /** Capabilities were refused. */
  | 'denied'
  /** A plugin asked for more than was granted to it before. */
  | 'escalated'
  /** An execution, or an effect, made use of granted capabilities. */
  | 'used'
  | 'loaded'
  | 'unloaded'
  | 'reloaded'

/** A record of an audit: one line of JSON. */
export interface AuditEvent {
  /** When it happened: ISO 8601, in UTC. */
  readonly time: string
  readonly type: AuditEventType
  /** The command of the plugin. */
  readonly command: string
  /** `blake3:` and the digest of the plugin's module. */
  readonly digest: string
  /** The plugin's file, if it came from one. */
  readonly path?: string
  /** What belongs to this type of event. */
  readonly details?: { readonly [key: string]: JsonValue }
}

const TYPES: Readonly<Record<AuditEventType, true>> = {
  requested: true,
  granted: true,
  denied: true,
  escalated: true,
  used: true,
  loaded: true,
  unloaded: true,
  reloaded: true,
}

/** @internal All types of events. */
export const AUDIT_EVENT_TYPES = Object.keys(TYPES) as readonly AuditEventType[]

/** @internal Whether a value has the shape of an event. Of `details`, whether it is an object. */
export function isAuditEvent(value: unknown): value is AuditEvent {
  if (typeof value !== 'object' || value === null) return false
  const { time, type, command, digest, path, details } = value as Readonly<Record<string, unknown>>
  return (
    isTime(time) &&
    AUDIT_EVENT_TYPES.some(known => known === type) &&
    typeof command === 'string' &&
    typeof digest === 'string' &&
    (path === undefined || typeof path === 'string') &&
    (details === undefined || (typeof details === 'object' && details !== null && !Array.isArray(details)))
  )
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  )
}
