import { appendFile, mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type AuditEntry,
  type AuditFilter,
  FileAuditSink,
  type FileAuditSinkOptions,
  type ReadAuditOptions,
  readAudit,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fault, rejection } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { pipe, runProgram } from '../system.js'
import { entriesOf, event, eventsOf, numbered, numberOf } from './events.js'

async function auditPath(): Promise<string> {
  return join(await temporaryDirectory(), 'audit.jsonl')
}

function sinkFor(path: string, options?: FileAuditSinkOptions): FileAuditSink {
  const sink = new FileAuditSink(path, options)
  onTestFinished(() => sink.close())
  return sink
}

async function first(path: string, filter?: AuditFilter, options?: ReadAuditOptions): Promise<unknown> {
  return await readAudit(path, filter, options).next()
}

describe('an audit is read', () => {
  test('from the file that was full first to the one that is written', async () => {
    const path = await auditPath()
    const sink = sinkFor(path, { maxBytes: 1024, maxFiles: 100 })
    for (let number = 0; number < 150; number += 1) sink.record(numbered(number))
    const all = Array.from({ length: 150 }, (_, index) => index)
    expect((await eventsOf(path)).map(numberOf)).toEqual(all)
    await rm(path)
    const archived = (await eventsOf(path)).map(numberOf)
    expect(archived).toEqual(all.slice(0, archived.length))
    expect(archived.length).toBeGreaterThan(100)
  })

  test('though it has nothing', async () => {
    const path = await auditPath()
    await writeFile(path, '')
    expect(await entriesOf(path)).toEqual([])
  })

  test('by a file: URL', async () => {
    const path = await auditPath()
    sinkFor(path).record(event())
    expect(await entriesOf(pathToFileURL(path))).toEqual([{ type: 'record', event: event() }])
  })

  test('whatever else is in it: a line that is no record costs none of the others', async () => {
    const path = await auditPath()
    const record = JSON.stringify(event())
    const lines: [string | Buffer, boolean][] = [
      [record, true],
      ['not JSON', false],
      ['{"type":"used"}', false],
      ['x'.repeat(3 * 2 ** 20), false],
      [record, true],
      [Buffer.from([0xff, 0xfe, 0x00]), false],
      [record.slice(0, 50), false],
      [record, true],
    ]
    for (const [line] of lines) {
      await appendFile(path, line)
      await appendFile(path, '\n')
    }
    const entries = await entriesOf(path)
    expect(entries.map(({ type }) => type === 'record')).toEqual(lines.map(([, isRecord]) => isRecord))
    expect(entries.flatMap(entry => (entry.type === 'invalid' ? [entry.line] : []))).toEqual([2, 3, 4, 6, 7])
    expect(entries[1]).toEqual({ type: 'invalid', path, line: 2, text: 'not JSON' })
    expect(entries[3]).toMatchObject({ text: 'x'.repeat(200) })
  })

  test('with empty lines, which are nothing', async () => {
    const path = await auditPath()
    await writeFile(path, `\n\n${JSON.stringify(event())}\n\n`)
    expect(await entriesOf(path)).toEqual([{ type: 'record', event: event() }])
  })

  test.each([
    ['a record without its end', JSON.stringify(event()), 'record'],
    ['half of a record', JSON.stringify(event()).slice(0, 40), 'invalid'],
  ])('up to its last byte: %s', async (_, rest, type) => {
    const path = await auditPath()
    await writeFile(path, `${JSON.stringify(event())}\n${rest}`)
    expect((await entriesOf(path)).map(entry => entry.type)).toEqual(['record', type])
  })

  test('not where there is none', async () => {
    const path = await auditPath()
    expect(await rejection(entriesOf(path))).toMatchObject({ code: 'ENOENT', path })
    expect(await rejection(entriesOf(join(path, 'below')))).toMatchObject({ code: 'ENOENT' })
  })

  test('not from what is no file', async () => {
    const path = await auditPath()
    await mkdir(path)
    expect(await rejection(entriesOf(path))).toMatchObject({ code: 'EISDIR', path })
    await pipe(`${path}.fifo`)
    expect(await rejection(entriesOf(`${path}.fifo`))).toMatchObject({ code: 'EINVAL' })
  })
})

describe('a filter', () => {
  const other = `blake3:${'1'.repeat(64)}`
  const events = [
    event({ time: '2026-03-01T00:00:00Z', type: 'loaded', command: 'a' }),
    event({ time: '2026-03-02T00:00:00Z', type: 'granted', command: 'a', digest: other }),
    event({ time: '2026-03-03T00:00:00Z', type: 'used', command: 'b' }),
    event({ time: '2026-03-04T00:00:00Z', type: 'used', command: '__proto__', digest: other }),
  ]

  test.each<[AuditFilter, number[]]>([
    [{}, [0, 1, 2, 3]],
    [{ type: 'used' }, [2, 3]],
    [{ type: ['loaded', 'granted'] }, [0, 1]],
    [{ type: [] }, []],
    [{ command: 'a' }, [0, 1]],
    [{ command: '__proto__' }, [3]],
    [{ command: 'A' }, []],
    [{ digest: other }, [1, 3]],
    [{ since: new Date('2026-03-02T00:00:00Z') }, [1, 2, 3]],
    [{ until: new Date('2026-03-02T00:00:00Z') }, [0]],
    [{ since: new Date('2026-03-02T00:00:00Z'), until: new Date('2026-03-04T00:00:00Z') }, [1, 2]],
    [{ type: 'used', digest: other }, [3]],
  ])('%j', async (filter, wanted) => {
    const path = await auditPath()
    for (const event of events) sinkFor(path).record(event)
    expect(await eventsOf(path, filter)).toEqual(wanted.map(index => events[index]))
  })

  test('does not leave out what is no record', async () => {
    const path = await auditPath()
    await writeFile(path, 'not JSON\n')
    expect(await entriesOf(path, { command: 'a' })).toMatchObject([{ type: 'invalid' }])
  })

  test.each([
    ['type', 'trusted'],
    ['type', ['used', 'constructor']],
    ['command', 1],
    ['digest', null],
    ['since', '2026-03-01'],
    ['until', new Date('never')],
    ['before', new Date()],
  ])('with %s: %j is refused', async (name, value) => {
    expect((await fault('ERR_INVALID_ARG', first('x', { [name]: value }))).details).toEqual({ name })
  })

  test.each([
    ['follow', 1],
    ['signal', {}],
    ['folow', true],
  ])('and with the option %s: %j', async (name, value) => {
    expect((await fault('ERR_INVALID_ARG', first('x', {}, { [name]: value } as never))).details).toEqual({
      name,
    })
  })
})

/** An audit that is followed until the test is over. */
function following(path: string): {
  next: () => Promise<AuditEntry>
  numbers: (count: number) => Promise<unknown[]>
} {
  const controller = new AbortController()
  const entries = readAudit(path, {}, { follow: true, signal: controller.signal })
  onTestFinished(async () => {
    controller.abort()
    await entries.next().catch(() => {})
  })
  const next = async () => {
    const { value } = await entries.next()
    if (value === undefined) throw new Error('it ended')
    return value
  }
  return {
    next,
    async numbers(count) {
      const numbers: unknown[] = []
      while (numbers.length < count) {
        const entry = await next()
        numbers.push(entry.type === 'record' ? numberOf(entry.event) : entry)
      }
      return numbers
    },
  }
}

describe('an audit that is followed', () => {
  test('goes on with what is recorded later', async () => {
    const path = await auditPath()
    const sink = sinkFor(path)
    sink.record(numbered(0))
    const followed = following(path)
    expect(await followed.numbers(1)).toEqual([0])
    for (const number of [1, 2]) {
      sink.record(numbered(number))
      expect(await followed.numbers(1)).toEqual([number])
    }
  })

  test('need not be there yet, nor its directory', async () => {
    const path = join(await auditPath(), 'below', 'audit.jsonl')
    const followed = following(path)
    const numbers = followed.numbers(1)
    sinkFor(path).record(numbered(0))
    expect(await numbers).toEqual([0])
  })

  test('goes on in the next file, and misses none that was full in between', async () => {
    const path = await auditPath()
    const sink = sinkFor(path, { maxBytes: 1024, maxFiles: 100 })
    const followed = following(path)
    let recorded = 0
    for (const count of [1, 1, 5, 50, 2, 30]) {
      const from = recorded
      while (recorded < from + count) sink.record(numbered(recorded++))
      expect(await followed.numbers(count)).toEqual(Array.from({ length: count }, (_, index) => from + index))
    }
  })

  test('misses nothing of several processes', async () => {
    const path = await auditPath()
    const followed = following(path)
    const writers = ['a', 'b', 'c']
    const options = JSON.stringify({ maxBytes: 16_384, maxFiles: 1000 })
    const ended = Promise.all(
      writers.map(name => runProgram('record-audit.mjs', [path, name, '300', options])),
    )
    const seen = new Map(writers.map(name => [name, new Set<unknown>()]))
    for (let count = 0; count < 900; count += 1) {
      const entry = await followed.next()
      if (entry.type === 'invalid') throw new Error(`line ${entry.line} of ${entry.path}: ${entry.text}`)
      seen.get(entry.event.command)?.add(numberOf(entry.event))
    }
    await ended
    expect([...seen.values()].map(({ size }) => size)).toEqual([300, 300, 300])
  })

  test('waits for the end of a line', async () => {
    const path = await auditPath()
    const line = JSON.stringify(numbered(1))
    await writeFile(path, `${JSON.stringify(numbered(0))}\n${line.slice(0, 30)}`)
    const followed = following(path)
    expect(await followed.numbers(1)).toEqual([0])
    await appendFile(path, `${line.slice(30)}\n`)
    expect(await followed.numbers(1)).toEqual([1])
  })

  test('begins again when it was emptied', async () => {
    const path = await auditPath()
    await writeFile(path, `${JSON.stringify(numbered(0))}\n${JSON.stringify(numbered(1))}\n`)
    const followed = following(path)
    expect(await followed.numbers(2)).toEqual([0, 1])
    await truncate(path)
    await appendFile(path, `${JSON.stringify(numbered(2))}\n`)
    expect(await followed.numbers(1)).toEqual([2])
  })

  test('goes on when it was removed and made again', async () => {
    const path = await auditPath()
    const sink = sinkFor(path)
    sink.record(numbered(0))
    const followed = following(path)
    expect(await followed.numbers(1)).toEqual([0])
    await rm(path)
    sink.record(numbered(1))
    expect(await followed.numbers(1)).toEqual([1])
  })

  test('ends with the reason of its signal, also while it waits', async () => {
    const path = await auditPath()
    const reason = new Error('enough')
    const controller = new AbortController()
    const entries = readAudit(path, {}, { follow: true, signal: controller.signal })
    const next = entries.next()
    controller.abort(reason)
    expect(await rejection(next)).toBe(reason)
    expect(await entries.next()).toEqual({ done: true, value: undefined })
    const aborted = { signal: AbortSignal.abort(reason) }
    expect(await rejection(first(path, {}, aborted))).toBe(reason)
    expect(await rejection(first(path, {}, { ...aborted, follow: true }))).toBe(reason)
  })
})
