import { expect, onTestFinished, test } from 'vitest'
import { Events } from '../../src/watch/events.js'

const MOST_QUEUED = 16_384
const event = (number: number) => ({ type: 'reloaded', path: `/${number}.wasm` }) as const

test('an iterator that nobody reads keeps the latest, and says that it has lost some', async () => {
  const codes: unknown[] = []
  const hear = (warning: Error & { code?: string }) => void codes.push(warning.code)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  const events = new Events()
  const iterator = events.iterate()
  for (let number = 0; number < MOST_QUEUED + 10; number += 1) events.emit(event(number))
  await new Promise(setImmediate)
  expect(codes).toEqual(['SEN_EVENTS_LOST'])
  events.close()
  const paths: string[] = []
  for await (const { path } of iterator) paths.push(path)
  expect(paths).toHaveLength(MOST_QUEUED)
  expect(paths[0]).toBe(event(10).path)
  expect(paths.at(-1)).toBe(event(MOST_QUEUED + 9).path)
})

test('an iterator that is read in time keeps nothing', async () => {
  const events = new Events()
  const iterator = events.iterate()
  for (let number = 0; number < 3; number += 1) {
    const next = iterator.next()
    events.emit(event(number))
    expect(await next).toEqual({ value: event(number), done: false })
  }
})

test('an iterator of what is closed ends at once', async () => {
  const events = new Events()
  events.close()
  expect(await events.iterate().next()).toEqual({ value: undefined, done: true })
})
