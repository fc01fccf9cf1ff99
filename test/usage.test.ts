import { PluginLoader, PluginRegistry, type Usage } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { anyUsage, fault } from './fault.js'
import { guest, plugin } from './guest.js'
import { inWorker } from './worker.js'

describe('an execution uses the same fuel', () => {
  test.each([
    ['echo', ['some text']],
    ['busy', ['1000']],
    ['counter', []],
    ['error-user', []],
    ['grow-memory-to-limit', []],
  ])('%s: on every run, awaited or not, in any thread', async (name, args) => {
    const module = await guest(name)
    const registry = new PluginRegistry()
    await registry.loadPlugin(module)
    const awaited = Array.from({ length: 100 }, () => registry.execute(name, args))
    const consumed = new Set((await Promise.all(awaited)).map(({ usage }) => usage.fuelConsumed))
    for (let run = 0; run < 100; run++) consumed.add(registry.executeSync(name, args).usage.fuelConsumed)
    const ways = ['execute', 'executeSync'] as const
    for (const { fuel } of await inWorker({ module, args, ways, runs: 20 })) consumed.add(fuel ?? -1n)
    expect(consumed.size).toBe(1)
    expect([...consumed][0]).toBeGreaterThan(0n)
  })

  test.each([
    ['echo', ['some text']],
    ['busy', ['1000']],
  ])('%s: a live instance too', async (name, args) => {
    const module = await guest(name)
    const loader = new PluginLoader()
    const consumed = new Set<bigint>()
    const { instance } = await loader.load(module)
    for (let run = 0; run < 50; run++) {
      consumed.add((await instance.execute(args)).usage.fuelConsumed)
      consumed.add(instance.executeSync(args).usage.fuelConsumed)
    }
    const ways = ['live', 'liveSync'] as const
    for (const { fuel } of await inWorker({ module, args, ways, runs: 5 })) consumed.add(fuel ?? -1n)
    expect(consumed.size).toBe(1)
  })

  test('a plugin built from Rust as well, after other plugins and after failures', async () => {
    const registry = new PluginRegistry()
    for (const name of ['greet', 'fail']) await registry.loadPlugin(plugin(name))
    const consumed = new Set<bigint>()
    for (let run = 0; run < 20; run++) {
      const { usage } = await registry.execute('greet', ['--count', '3', 'Ada'])
      consumed.add(usage.fuelConsumed)
      await fault('ERR_TRAP', registry.execute('fail', ['panic']))
      const limits = { fuel: 100 }
      await fault('ERR_FUEL_EXHAUSTED', registry.execute('greet', ['Ada'], { limits }))
    }
    expect(consumed.size).toBe(1)
  })

  test('but more for more work', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('busy'))
    const fuel = async (rounds: number) =>
      (await registry.execute('busy', [String(rounds)])).usage.fuelConsumed
    const [ten, twenty, thirty] = [await fuel(10), await fuel(20), await fuel(30)]
    expect(twenty - ten).toBeGreaterThan(0n)
    expect(thirty - twenty).toBe(twenty - ten)
  })

  test('also where it fails', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('recurse'))
    const consumed = new Set<bigint>()
    for (let run = 0; run < 20; run++) {
      const { details } = await fault('ERR_STACK_OVERFLOW', registry.execute('recurse'))
      consumed.add(details.usage.fuelConsumed)
    }
    expect(consumed.size).toBe(1)
  })
})

describe('the receipt', () => {
  test('is there with every answer and every fault of a guest', async () => {
    const registry = new PluginRegistry()
    for (const name of ['echo', 'error-user', 'out-of-bounds']) await registry.loadPlugin(await guest(name))
    const answer = await registry.execute('echo')
    const error = await registry.execute('error-user')
    const { details } = await fault('ERR_TRAP', registry.execute('out-of-bounds'))
    for (const usage of [answer.usage, error.usage, details.usage]) {
      expect(usage).toEqual({ ...anyUsage, effects: 0 })
      expectPlausible(usage)
    }
  })

  test('says how much memory the guest had at most', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    const peak = async (length: number) =>
      (await registry.execute('echo', ['x'.repeat(length)])).usage.peakMemoryBytes
    expect(await peak(1)).toBe(65_536)
    expect(await peak(1_000_000)).toBeGreaterThan(2_000_000)
    expect(await peak(1)).toBe(65_536)
  })

  test('says that all fuel was used where it was', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('forever'))
    const { details } = await fault('ERR_FUEL_EXHAUSTED', registry.execute('forever'))
    expect(details.usage.fuelConsumed).toBe(details.limit)
  })
})

function expectPlausible(usage: Usage): void {
  expect(usage.fuelConsumed).toBeGreaterThan(0n)
  expect(usage.durationMs).toBeGreaterThan(0)
  expect(usage.peakMemoryBytes % 65_536).toBe(0)
  expect(usage.peakMemoryBytes).toBeGreaterThan(0)
}
