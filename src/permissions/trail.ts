import type { AuditEvent } from '../audit/event.js'
import type { AuditSink } from '../audit/sink.js'
import { isThenable } from '../thenable.js'

/** Events that may wait for a sink that takes its time: as many as executions may by default. */
const MOST_WAITING = 16_384

/**
 * Events on their way to a sink, one after the other. A failure of a sink that is not required is nobody's
 * concern; that of one that is required stops whoever waits for the record. Where a sink falls too far behind,
 * what comes then is not recorded, which is said by warnings of the process (`AuditWarning`): when that begins, and
 * how much it was when the sink has caught up.
 */
export class AuditTrail {
  readonly #sink: AuditSink | undefined
  /** The record that is being made. */
  #last: Promise<void> | undefined
  #waiting = 0
  #lost = 0

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
   * sink fails with, or where it has fallen too far behind, and with nothing else.
   */
  record(event: Omit<AuditEvent, 'time'>): Promise<void> | undefined {
    const sink = this.#sink
    if (sink === undefined) return undefined
    const timed: AuditEvent = { time: new Date().toISOString(), ...event }
    const last = this.#last
    let recorded: Promise<void>
    try {
      if (last === undefined) {
        const answer: unknown = sink.record(timed)
        if (!isThenable(answer)) return undefined
        recorded = Promise.resolve(answer).then(nothing)
      } else {
        if (this.#waiting >= MOST_WAITING) throw this.#lose()
        recorded = last.then(() => sink.record(timed))
      }
    } catch (error) {
      if (this.isRequired) throw error
      return undefined
    }
    this.#waiting += 1
    const settled = recorded.then(nothing, nothing)
    this.#last = settled
    void settled.then(() => {
      this.#waiting -= 1
      if (this.#last !== settled) return
      this.#last = undefined
      this.#caughtUp()
    })
    return this.isRequired ? recorded : undefined
  }

  /** The same for what happens whether or not it is recorded. */
  note(event: Omit<AuditEvent, 'time'>): void {
    try {
      this.record(event)?.catch(nothing)
    } catch {
      // There is nothing to be stopped.
    }
  }

  /** An event cannot be recorded. */
  #lose(): Error {
    this.#lost += 1
    const message = `the audit sink is ${MOST_WAITING} events behind`
    if (this.#lost === 1) warn(`${message}, and those that come now are not recorded`)
    return new Error(message)
  }

  #caughtUp(): void {
    if (this.#lost === 0) return
    warn(`the audit sink has caught up. Events that were not recorded: ${this.#lost}`)
    this.#lost = 0
  }
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'AuditWarning', code: 'SEN_AUDIT_LOST' })
}

function nothing(): void {}
