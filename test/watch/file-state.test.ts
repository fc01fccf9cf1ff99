import { describe, expect, test } from 'vitest'
import { FileState, type Step } from '../../src/watch/file-state.js'
import type { Metadata } from '../../src/watch/metadata.js'

const timing = { debounceMs: 100, maxWaitMs: 300 }

/** A file of so many bytes, written at this time. */
function version(size: number, time = size): Metadata {
  return { dev: 1n, ino: 1n, size: BigInt(size), mtimeNs: BigInt(time), ctimeNs: BigInt(time) }
}

type Act =
  | { readonly seen: number | null }
  | { readonly touched: true }
  | { readonly begin: true }
  | { readonly done: number | null }
  | { readonly failed: number; readonly why: string }
  | { readonly moved: number }
  | { readonly next: Step<string> }

/** What happens, and when. */
type Story = readonly (readonly [at: number, act: Act])[]

const wait = (until: number): Act => ({ next: { do: 'wait', until } })
const next = (what: 'nothing' | 'read' | 'unload'): Act => ({ next: { do: what } })
const report = (failure: string): Act => ({ next: { do: 'report', failure } })
const begin: Act = { begin: true }
const touched: Act = { touched: true }

const stories: Record<string, Story> = {
  'nothing is done about a file that nobody has seen': [[0, next('nothing')]],
  'a new file is read when it is quiet': [
    [0, { seen: 1 }],
    [0, wait(100)],
    [99, wait(100)],
    [100, next('read')],
    [100, begin],
    [100, next('nothing')],
    [105, { done: 1 }],
    [105, next('nothing')],
    [9999, { seen: 1 }],
    [9999, next('nothing')],
  ],
  'each change begins the quiet anew': [
    [0, { seen: 1 }],
    [60, { seen: 2 }],
    [60, wait(160)],
    [120, touched],
    [120, wait(220)],
    [220, next('read')],
  ],
  'but not for ever': [
    [0, { seen: 1 }],
    [80, touched],
    [160, touched],
    [240, touched],
    [240, wait(300)],
    [300, next('read')],
    [300, begin],
    [310, { done: 1 }],
    [320, touched],
    [320, wait(420)],
  ],
  'a change that cannot be seen is one all the same': [
    [0, { seen: 1 }],
    [100, begin],
    [101, { done: 1 }],
    [200, touched],
    [300, next('read')],
  ],
  'a change while it is read is the next one': [
    [0, { seen: 1 }],
    [100, begin],
    [110, { seen: 2 }],
    [120, touched],
    [130, { done: 1 }],
    [130, wait(220)],
    [220, next('read')],
  ],
  'a file that goes is unloaded when it is gone for as long': [
    [0, { seen: 1 }],
    [100, begin],
    [101, { done: 1 }],
    [200, { seen: null }],
    [200, wait(300)],
    [300, next('unload')],
    [300, begin],
    [301, { done: null }],
    [301, next('nothing')],
  ],
  'a file that comes back in time was never gone': [
    [0, { seen: 1 }],
    [100, begin],
    [101, { done: 1 }],
    [200, { seen: null }],
    [250, { seen: 2 }],
    [350, next('read')],
  ],
  'a failure is reported when nobody writes for the longer time': [
    [0, { seen: 1 }],
    [100, begin],
    [110, { failed: 1, why: 'invalid' }],
    [110, wait(300)],
    [300, report('invalid')],
    [300, begin],
    [300, { done: 1 }],
    [300, next('nothing')],
  ],
  'a failure is forgotten when the file goes on changing': [
    [0, { seen: 1 }],
    [100, begin],
    [110, { failed: 1, why: 'invalid' }],
    [150, { seen: 2 }],
    [250, next('read')],
    [250, begin],
    [260, { done: 2 }],
    [999, next('nothing')],
  ],
  'a failure of what has changed meanwhile is none': [
    [0, { seen: 1 }],
    [100, begin],
    [105, touched],
    [110, { failed: 1, why: 'invalid' }],
    [110, wait(205)],
  ],
  'a file that was written to while it was read is read again soon': [
    [0, { seen: 1 }],
    [100, begin],
    [110, { moved: 2 }],
    [110, wait(135)],
    [120, touched],
    [135, next('read')],
  ],
  'what was read is what has been seen': [
    [0, { seen: 1 }],
    [100, begin],
    [110, { done: 2 }],
    [200, { seen: 2 }],
    [200, next('nothing')],
    [210, { seen: 1 }],
    [210, wait(310)],
  ],
}

describe('the state of a file', () => {
  test.each(Object.entries(stories))('%s', (_, story) => {
    const state = new FileState<string>(timing)
    for (const [at, act] of story) {
      if ('seen' in act) state.seen(at, act.seen === null ? undefined : version(act.seen))
      else if ('touched' in act) state.touched(at)
      else if ('begin' in act) state.begin()
      else if ('done' in act) state.done(act.done === null ? undefined : version(act.done))
      else if ('failed' in act) state.failed(version(act.failed), act.why)
      else if ('moved' in act) state.moved(at, version(act.moved))
      else expect({ at, ...state.next(at) }).toEqual({ at, ...act.next })
    }
  })

  test('any of the times, the size, the number or the device tells of a change', () => {
    for (const key of ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const) {
      const state = new FileState<string>(timing)
      state.ignore(version(1))
      state.seen(0, version(1))
      expect(state.isSettled).toBe(true)
      state.seen(0, { ...version(1), [key]: 99n })
      expect(state.isSettled).toBe(false)
    }
  })

  test('a file that a first scan finds is read at once, and its failure reported when it has been quiet', () => {
    for (const [since, expected] of [
      [-1000, { do: 'report', failure: 'invalid' }],
      [900, { do: 'wait', until: 1200 }],
    ] as const) {
      const state = new FileState<string>(timing)
      state.found(version(1), since)
      expect(state.next(1000)).toEqual({ do: 'read' })
      state.begin()
      state.failed(version(1), 'invalid')
      expect(state.next(1000)).toEqual(expected)
    }
  })
})
