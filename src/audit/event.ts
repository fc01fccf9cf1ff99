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
