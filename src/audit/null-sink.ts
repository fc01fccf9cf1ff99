import type { AuditSink } from './sink.js'

/** Records nothing: for a program that wants no audit, and says so. */
export class NullAuditSink implements AuditSink {
  record(): void {}
}
