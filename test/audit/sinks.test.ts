import { join } from 'node:path'
import {
  type AuditEvent,
  type AuditSink,
  CompositeAuditSink,
  FileAuditSink,
  MemoryAuditSink,
  NullAuditSink,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { faultSync, rejection, thrown } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { event, eventsOf, numbered, numberOf } from './events.js'

describe('a sink in memory', () => {
  test('has what was recorded, in its order, and no later change of it', () => {
    const sink = new MemoryAuditSink()
    const details = { list: ['a'] }
    sink.record(event({ details }))
    const { events } = sink
    details.list.push('b')
    sink.record(numbered(1))
    expect(events).toEqual([event({ details: { list: ['a'] } })])
    expect(sink.events).toEqual([...events, numbered(1)])
  })

  test('keeps the latest', () => {
    const sink = new MemoryAuditSink({ limit: 2 })
    for (const number of [0, 1, 2, 3]) sink.record(numbered(number))
    expect(sink.events.map(numberOf)).toEqual([2, 3])
  })

  test.each([
    ['limit', 0],
    ['limit', 1.5],
    ['required', 1],
    ['max', 1],
  ])('%s: %j is refused', (name, value) => {
    const make = () => new MemoryAuditSink({ [name]: value })
    expect(faultSync('ERR_INVALID_ARG', make).details).toEqual({ name })
  })
})

test('a sink that is none takes anything', () => {
  const sink: AuditSink = new NullAuditSink()
  expect(sink.record(event())).toBeUndefined()
  expect(sink.required).toBeUndefined()
})

/** A sink that fails, at once or later, for as long as it is told to. */
class Failing implements AuditSink {
  readonly required: boolean
  readonly error = new Error('no room')
  fails = true
  readonly #isLater: boolean

  constructor(required: boolean, isLater = false) {
    this.required = required
    this.#isLater = isLater
  }

  record(): void | Promise<void> {
    if (!this.fails) return
    if (this.#isLater) return Promise.reject(this.error)
    throw this.error
  }

  close(): void | Promise<void> {
    return this.record()
  }
}

/** A sink that takes its time. */
class Slow implements AuditSink {
  readonly events: AuditEvent[] = []
  closed = 0

  async record(event: AuditEvent): Promise<void> {
    await new Promise(setImmediate)
    this.events.push(event)
  }

  async close(): Promise<void> {
    await new Promise(setImmediate)
    this.closed += 1
  }
}

/** What the process is warned of until the test is over. */
async function warnings(): Promise<{ codes: unknown[]; heard: () => Promise<void> }> {
  // Warnings come in a later turn than what they are about.
  const heard = () => new Promise<void>(resolve => setImmediate(resolve))
  // Those of the test before are not this one's.
  await heard()
  const codes: unknown[] = []
  const hear = (warning: Error & { code?: string }) => void codes.push(warning.code)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  return { codes, heard }
}

describe('several sinks as one', () => {
  test('all record, at once where all of them do', async () => {
    const path = join(await temporaryDirectory(), 'audit.jsonl')
    const memory = new MemoryAuditSink()
    const sink = new CompositeAuditSink([new FileAuditSink(path), memory, new NullAuditSink()])
    expect(sink.record(numbered(1))).toBeUndefined()
    expect(memory.events).toEqual([numbered(1)])
    expect(await eventsOf(path)).toEqual([numbered(1)])
    await sink.close()
    // The file is closed, which is not required.
    const { codes, heard } = await warnings()
    sink.record(numbered(2))
    await heard()
    expect(codes).toEqual(['SEN_AUDIT_LOST'])
    expect(memory.events).toHaveLength(2)
  })

  test('are done when the last one is', async () => {
    const slow = new Slow()
    const sink = new CompositeAuditSink([slow, new MemoryAuditSink()])
    const recorded = sink.record(event())
    expect(slow.events).toEqual([])
    await recorded
    expect(slow.events).toEqual([event()])
    await sink.close()
    expect(slow.closed).toBe(1)
  })

  test.each([
    [[], false],
    [[new MemoryAuditSink()], false],
    [[new NullAuditSink(), new MemoryAuditSink({ required: true })], true],
    [[new CompositeAuditSink([new MemoryAuditSink({ required: true })])], true],
  ] as const)('are required if any is (%#)', (sinks, required) => {
    expect(new CompositeAuditSink(sinks).required).toBe(required)
  })

  test.each([false, true])('all record though the first one fails (later: %j)', async isLater => {
    for (const required of [false, true]) {
      const memory = new MemoryAuditSink({ required: true })
      const slow = new Slow()
      const sink = new CompositeAuditSink([new Failing(required, isLater), memory, slow])
      await Promise.resolve(sink.record(event())).catch(() => {})
      expect(memory.events).toEqual([event()])
      expect(slow.events).toEqual([event()])
    }
  })

  test('fail with what a required one failed with, in the same way', async () => {
    const now = new Failing(true)
    expect(thrown(() => new CompositeAuditSink([now, new MemoryAuditSink()]).record(event()))).toBe(now.error)
    const later = new Failing(true, true)
    const sink = new CompositeAuditSink([later, new MemoryAuditSink()])
    expect(await rejection(Promise.resolve(sink.record(event())))).toBe(later.error)
    // Where one is slow, nothing is thrown before all have had their turn.
    const mixed = new CompositeAuditSink([now, new Slow()])
    expect(await rejection(Promise.resolve(mixed.record(event())))).toBe(now.error)
  })

  test('fail with all that several required ones failed with', () => {
    const sinks = [new Failing(true), new Failing(true), new Failing(false)]
    const error = thrown(() => new CompositeAuditSink(sinks).record(event()))
    expect(error).toBeInstanceOf(AggregateError)
    expect((error as AggregateError).errors).toEqual([sinks[0]?.error, sinks[1]?.error])
  })

  test('do not fail with one that is not required: the process is warned, once until it recovers', async () => {
    const { codes, heard } = await warnings()
    const failing = new Failing(false)
    const sink = new CompositeAuditSink([failing, new MemoryAuditSink({ required: true })])
    for (const fails of [true, true, false, true, true]) {
      failing.fails = fails
      expect(sink.record(event())).toBeUndefined()
    }
    await heard()
    expect(codes).toEqual(['SEN_AUDIT_LOST', 'SEN_AUDIT_LOST'])
  })

  test('are all closed, though one fails to', async () => {
    const slow = new Slow()
    const failing = new Failing(false)
    expect(await rejection(new CompositeAuditSink([failing, slow]).close())).toBe(failing.error)
    expect(slow.closed).toBe(1)
  })

  test.each([[undefined], [new NullAuditSink()], [[null]], [[{}]], [[{ record: 1 }]]])(
    '%j are no sinks',
    sinks => {
      const make = () => new CompositeAuditSink(sinks as never)
      expect(faultSync('ERR_INVALID_ARG', make).details).toEqual({ name: 'sinks' })
    },
  )

  test('are not made of one that is neither required nor not', () => {
    const sinks = [{ record: () => {} }, { record: () => {}, required: 'yes' }]
    const make = () => new CompositeAuditSink(sinks as never)
    expect(faultSync('ERR_INVALID_ARG', make).details).toEqual({ name: 'required' })
  })
})
