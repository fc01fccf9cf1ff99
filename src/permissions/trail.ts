import type { AuditEvent } from '../audit/event.js'
import type { AuditSink } from '../audit/sink.js'

/**
 * Events on their way to a sink, one after the other. A failure of a sink that is not required is nobody's
 * concern; that of one that is required stops whoever waits for the record.
 */
export class AuditTrail {
  readonly #sink: AuditSink | undefined
  /** The record that is being made. */
  #last: Promise<void> | undefined

  constructor(sink: AuditSink | undefined) {
    this.#sink = sink
  }

  /** Whether anybody wants to know. */
  get isOpen(): boolean {
    return this.#sink !== undefined
  }

  /** Whether what cannot be recorded may not happen. */
  get isRequired(): boolean {
    return this.#sink?.required === true
  }

  /**
   * Records an event; returns a promise where it is to be waited for. Call and promise fail with what a required
   * sink fails with, and with nothing else.
   */
  record(event: Omit<AuditEvent, 'time'>): Promise<void> | undefined {
    const sink = this.#sink
    if (sink === undefined) return undefined
    const timed: AuditEvent = { time: new Date().toISOString(), ...event }
    let recorded: void | Promise<void>
    if (this.#last === undefined) {
      try {
        recorded = sink.record(timed)
      } catch (error) {
        if (this.isRequired) throw error
        return undefined
      }
      if (recorded === undefined) return undefined
    } else {
      recorded = this.#last.then(() => sink.record(timed))
    }
    const settled = Promise.resolve(recorded).then(nothing, nothing)
    this.#last = settled
    void settled.then(() => {
      if (this.#last === settled) this.#last = undefined
    })
    return this.isRequired ? Promise.resolve(recorded) : undefined
  }

  /** The same for what happens whether or not it is recorded. */
  note(event: Omit<AuditEvent, 'time'>): void {
    try {
      this.record(event)?.catch(nothing)
    } catch {
      // There is nothing to be stopped.
    }
  }
}

function nothing(): void {}
