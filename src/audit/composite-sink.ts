import { invalidArgument } from '../errors.js'
import { checkBoolean } from '../options.js'
import { textOfError } from '../text-of-error.js'
import { isThenable } from '../thenable.js'
import type { AuditEvent } from './event.js'
import type { AuditSink } from './sink.js'

/**
 * Hands every event to several sinks. One that fails keeps none of the others from recording. If any is
 * required, so are all together, and what fails is what a required one failed with; that another one
 * fails is said by a warning of the process (`AuditWarning`) when it begins.
 */
export class CompositeAuditSink implements AuditSink {
  readonly required: boolean
  readonly #sinks: readonly AuditSink[]
  readonly #failing = new Set<AuditSink>()

  /** @throws {PluginHostError} `ERR_INVALID_ARG`, if one of them is no sink. */
  constructor(sinks: readonly AuditSink[]) {
    if (!Array.isArray(sinks)) throw invalidArgument('sinks', 'must be an array of audit sinks')
    sinks.forEach((sink: unknown, index) => {
      if (!isSink(sink))
        throw invalidArgument('sinks', `must be an array of audit sinks, which number ${index} is not`)
      if (sink.required !== undefined) checkBoolean(sink.required, `sinks[${index}].required`)
    })
    this.#sinks = [...sinks]
    this.required = this.#sinks.some(({ required }) => required === true)
  }

  /**
   * Records an event everywhere: at once where all sinks do, and otherwise when the last one is done.
   *
   * @throws What the required sink threw or rejected with; an `AggregateError`, if several did.
   */
  record(event: AuditEvent): void | Promise<void> {
    const outcomes = this.#sinks.map(sink => attempt(sink, () => sink.record(event)))
    if (!outcomes.some(outcome => outcome instanceof Promise)) {
      this.#settle(outcomes as Outcome[])
      return
    }
    return Promise.all(outcomes).then(outcomes => this.#settle(outcomes))
  }

  /** Closes all sinks, also when some fail to. */
  async close(): Promise<void> {
    const outcomes = await Promise.all(this.#sinks.map(sink => attempt(sink, () => sink.close?.())))
    throwAny(outcomes.flatMap(({ failure }) => failure ?? []))
  }

  #settle(outcomes: readonly Outcome[]): void {
    for (const { sink, failure } of outcomes) {
      if (failure === undefined) this.#failing.delete(sink)
      else if (sink.required !== true) this.#warn(sink, failure)
    }
    throwAny(outcomes.flatMap(({ sink, failure }) => (sink.required === true ? (failure ?? []) : [])))
  }

  #warn(sink: AuditSink, { error }: Failure): void {
    if (this.#failing.has(sink)) return
    this.#failing.add(sink)
    process.emitWarning(`an audit sink that is not required records nothing for now: ${textOfError(error)}`, {
      type: 'AuditWarning',
      code: 'SEN_AUDIT_LOST',
    })
  }
}

/** Whatever was thrown: `undefined` is possible, and a failure all the same. */
interface Failure {
  readonly error: unknown
}

interface Outcome {
  readonly sink: AuditSink
  readonly failure?: Failure
}

/** Does something with a sink; the outcome of what has to be waited for is a promise. */
function attempt(sink: AuditSink, work: () => unknown): Outcome | Promise<Outcome> {
  try {
    const answer = work()
    if (!isThenable(answer)) return { sink }
    return Promise.resolve(answer).then(
      () => ({ sink }),
      (error: unknown) => ({ sink, failure: { error } }),
    )
  } catch (error) {
    return { sink, failure: { error } }
  }
}

function throwAny(failures: readonly Failure[]): void {
  const [first] = failures
  if (first === undefined) return
  if (failures.length === 1) throw first.error
  throw new AggregateError(
    failures.map(({ error }) => error),
    'several audit sinks failed',
  )
}

function isSink(value: unknown): value is AuditSink {
  return (
    typeof value === 'object' && value !== null && 'record' in value && typeof value.record === 'function'
  )
}
