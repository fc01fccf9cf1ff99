import type { AuditEvent } from './event.js'

/** Where audit events are written down. An interface for a program's own sinks, too. */
export interface AuditSink {
  /**
   * Whether an event that cannot be recorded stops what it would have recorded: an execution is
   * refused, a grant not given. A plugin is loaded and unloaded all the same, and one that asks for no
   * capabilities runs, which makes no event. Default: false, and the event is lost.
   */
  readonly required?: boolean
  /** Records one event. What comes before it has been recorded or has failed. */
  record(event: AuditEvent): void | Promise<void>
  /** Waits for what is being written, and gives back what the sink holds. */
  close?(): void | Promise<void>
}
