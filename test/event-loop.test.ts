import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { meanwhile } from './calls.js'
import { rejection } from './fault.js'
import { guest } from './guest.js'

// Huge fuel and a deadline of 5 s: the figures of the promise, which are the only ones that tests measure.
const limits = { fuel: 2n ** 63n, timeoutMs: 5000 }

describe('a guest that loops for ever, with huge fuel and a deadline of 5 s', () => {
  test('delays the event loop by less than 20 ms, in a registry and as a live instance', async () => {
    for (const execute of [await inRegistry(), await live()]) {
      const abort = new AbortController()
      const aborted = rejection(execute(abort.signal))
      const histogram = monitorEventLoopDelay({ resolution: 1 })
      histogram.enable()
      await delay(1000)
      histogram.disable()
      abort.abort()
      expect(await aborted).toBe(abort.signal.reason)
      expectQuick(histogram)
    }
  })

  test('is ended by an abort within 50 ms: the call rejects, and its thread takes the next one', async () => {
    const registry = new PluginRegistry({ concurrency: 1 })
    await registry.loadPlugin(await guest('forever'))
    await registry.loadPlugin(await guest('echo'))
    const delays = new Delays()
    for (let round = 0; round < 5; round++) {
      const abort = new AbortController()
      const call = registry.execute('forever', [], { limits, signal: abort.signal })
      const rejected = rejection(call).then(() => performance.now())
      await meanwhile()
      const began = performance.now()
      abort.abort()
      delays.rejected.push((await rejected) - began)
      await registry.execute('echo')
      delays.free.push(performance.now() - began)
    }
    delays.expectShort()
  })

  test('is ended by an abort within 50 ms as a live instance, which can be called again', async () => {
    const { instance } = await new PluginLoader().load(await guest('busy'))
    const delays = new Delays()
    for (let round = 0; round < 5; round++) {
      const abort = new AbortController()
      const call = instance.execute(['18446744073709551615'], { limits, signal: abort.signal })
      const rejected = rejection(call).then(() => performance.now())
      await meanwhile()
      const began = performance.now()
      abort.abort()
      delays.rejected.push((await rejected) - began)
      expect(await instance.execute(['10'])).toMatchObject({ output: 'ok' })
      delays.free.push(performance.now() - began)
    }
    delays.expectShort()
  })
})

/** How long after an abort its call has rejected, and its place is free again, in milliseconds. */
class Delays {
  readonly rejected: number[] = []
  readonly free: number[] = []

  /** In the best of the rounds: in any other, the machine may have stood still. */
  expectShort(): void {
    expect(Math.min(...this.rejected)).toBeLessThan(50)
    expect(Math.min(...this.free)).toBeLessThan(50)
  }
}

/** The 99th percentile: on two shared cores, single delays come from other processes. */
function expectQuick(histogram: IntervalHistogram): void {
  // A loop that stood still all the time would have been looked at a few times only.
  expect(histogram.count).toBeGreaterThan(100)
  expect(histogram.percentile(99) / 1e6).toBeLessThan(20)
}

async function inRegistry(): Promise<(signal: AbortSignal) => Promise<unknown>> {
  const registry = new PluginRegistry()
  await registry.loadPlugin(await guest('forever'))
  return signal => registry.execute('forever', [], { limits, signal })
}

async function live(): Promise<(signal: AbortSignal) => Promise<unknown>> {
  const { instance } = await new PluginLoader().load(await guest('forever'))
  return signal => instance.execute([], { limits, signal })
}
