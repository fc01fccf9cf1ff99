import type { AuditEvent } from '../audit/event.js'
import type { AuditSink } from '../audit/sink.js'
import { textOfError } from '../text-of-error.js'
import { isThenable } from '../thenable.js'

/** Events that may wait for a sink that takes its time: as many as executions may by default. */
const MOST_WAITING = 16_384

/**
 * Events on their way to a sink, one after the other. A failure of a sink that is required stops whoever waits for
 * the record. Where nobody does, or the sink is not required, a warning of the process (`AuditWarning`) says that events
 * are lost, once until it records again. Where a sink falls too far behind, what comes then is not recorded: a warning
 * says when that begins, and how much it was when the sink has caught up.
 */
export class AuditTrail {
  readonly #sink: AuditSink | undefined
  /** The record that is being made. */
  #last: Promise<void> | undefined
  #waiting = 0
  #lost = 0
  #isFailing = false

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
    if (last !== undefined && this.#waiting >= MOST_WAITING) {
      const error = this.#lose()
      if (this.isRequired) throw error
      return undefined
    }
    let recorded: Promise<void>
    try {
      if (last === undefined) {
        const answer: unknown = sink.record(timed)
        if (!isThenable(answer)) {
          this.#isFailing = false
          return undefined
        }
        recorded = Promise.resolve(answer).then(nothing)
      } else recorded = last.then(() => sink.record(timed))
    } catch (error) {
      if (this.isRequired) throw error
      this.#failed(error)
      return undefined
    }
    this.#waiting += 1
    const settled = recorded.then(
      () => {
        this.#isFailing = false
      },
      // Whoever waits for a required one hears of it.
      error => {
        if (!this.isRequired) this.#failed(error)
      },
    )
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
    // There is nothing to be stopped.
    const failed = (error: unknown) => this.#failed(error)
    try {
      this.record(event)?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  /** An event was not recorded, and nobody hears of it otherwise. */
  #failed(error: unknown): void {
    if (this.#isFailing) return
    this.#isFailing = true
    // One that is behind has been warned of.
    if (this.#lost === 0) warn(`the audit sink records nothing for now: ${textOfError(error)}`)
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
