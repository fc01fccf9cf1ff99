import { constants } from 'node:buffer'
import {
  type Limits,
  type LoadedPlugin,
  PluginLoader,
  PluginRegistry,
  PluginScanner,
  type Usage,
} from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { anyUsage, fault, faultSync } from './fault.js'
import { compile, guest } from './guest.js'

const PAGE = 65_536

describe('each limit, obeyed and violated', () => {
  test('fuel: a call that needs more than it has is ended, and can be made again with more', async () => {
    const { execute } = await everywhere('busy')
    for (const call of execute) {
      const { fuelConsumed } = (await call(['1000'], {})).usage
      expect(fuelConsumed).toBeGreaterThan(1000n)
      // Not to the unit: fuel is looked at where a loop or a function begins.
      const enough = fuelConsumed + 10n
      expect((await call(['1000'], { fuel: enough })).usage.fuelConsumed).toBe(fuelConsumed)
      const limit = fuelConsumed - 20n
      const { details } = await fault('ERR_FUEL_EXHAUSTED', call(['1000'], { fuel: limit }))
      expect(details).toEqual({ limit, usage: anyUsage })
      expect(details.usage.fuelConsumed).toBeLessThanOrEqual(limit)
      await call(['1000'], { fuel: Number(enough) })
    }
  })

  test('fuel: none at all is not enough for anything', async () => {
    const module = await guest('echo')
    for (const fuel of [0, 0n]) {
      const { details } = await fault(
        'ERR_FUEL_EXHAUSTED',
        new PluginLoader({ limits: { fuel } }).load(module),
      )
      expect(details.limit).toBe(0n)
    }
  })

  test('fuel: as much as there can be is counted exactly', async () => {
    const { execute } = await everywhere('echo')
    for (const call of execute) {
      const usual = await call(['x'], {})
      const rich = await call(['x'], { fuel: 2n ** 64n - 1n })
      expect(rich.usage.fuelConsumed).toBe(usual.usage.fuelConsumed)
    }
  })

  test('timeoutMs: a guest that loops for ever is ended when its time is up, and can be called again', async () => {
    const { execute } = await everywhere('busy')
    for (const call of execute) {
      const limits = { fuel: 2n ** 63n, timeoutMs: 10 }
      const work = call(['18446744073709551615'], limits)
      expect((await fault('ERR_DEADLINE_EXCEEDED', work)).details).toEqual({ timeoutMs: 10, usage: anyUsage })
      await call(['10'], { timeoutMs: 10_000 })
    }
  })

  test('timeoutMs: little fuel and much time meets the deadline too', async () => {
    const { execute } = await everywhere('failing-grow-loop')
    for (const call of execute) {
      const { details } = await fault('ERR_DEADLINE_EXCEEDED', call([], { fuel: 2n ** 63n, timeoutMs: 10 }))
      expect(details.timeoutMs).toBe(10)
    }
  })

  test('timeoutMs: a fraction of a millisecond is a limit as well', async () => {
    const { execute } = await everywhere('forever')
    for (const call of execute) {
      const { details } = await fault('ERR_DEADLINE_EXCEEDED', call([], { fuel: 2n ** 63n, timeoutMs: 0.5 }))
      expect(details.timeoutMs).toBe(0.5)
    }
  })

  test('timeoutMs: the wait for an effect is not part of it', async () => {
    const registry = new PluginRegistry({ limits: { timeoutMs: 5 } })
    await registry.loadPlugin(await guest('effect-sleep'))
    const answers = await Promise.all(Array.from({ length: 20 }, () => registry.execute('effect-sleep')))
    for (const answer of answers) expect(answer).toMatchObject({ type: 'success', output: 'awake' })
  })

  test('memoryBytes: one page is enough for a guest of one page, a byte less is not', async () => {
    const module = await guest('error-user')
    const enough = new PluginLoader({ limits: { memoryBytes: PAGE } })
    const { instance } = await enough.load(module)
    expect((await instance.execute([])).usage.peakMemoryBytes).toBe(PAGE)

    const limit = PAGE - 1
    const { details } = await fault(
      'ERR_MEMORY_LIMIT',
      new PluginLoader({ limits: { memoryBytes: limit } }).load(module),
    )
    expect(details).toEqual({ limit, usage: anyUsage })
  })

  test('memoryBytes: growth up to the limit is granted, beyond it refused', async () => {
    const { execute } = await everywhere('grow-memory-to-limit')
    const limit = 64 * 2 ** 20
    for (const call of execute) {
      expect(await call([], { memoryBytes: limit - 1 })).toMatchObject({ output: 'refused' })
      const granted = await call([], { memoryBytes: limit })
      expect(granted).toMatchObject({ output: 'granted', usage: { peakMemoryBytes: limit } })
    }
  })

  test('memoryBytes: 64 MiB is the default', async () => {
    const { execute } = await everywhere('grow-memory-past-limit')
    for (const call of execute) {
      expect(await call([], {})).toMatchObject({ output: 'refused' })
      expect(await call([], { memoryBytes: 64 * 2 ** 20 + PAGE })).toMatchObject({ output: 'granted' })
    }
  })

  test('memoryBytes: a guest that gives up once it is refused has met the limit', async () => {
    const { execute } = await everywhere('grow-memory-loop-then-trap')
    for (const call of execute) {
      const { details } = await fault('ERR_MEMORY_LIMIT', call([], { memoryBytes: 3 * PAGE }))
      expect(details).toMatchObject({ limit: 3 * PAGE, usage: { peakMemoryBytes: 3 * PAGE } })
    }
  })

  test('tableElements: growth up to the limit is granted, beyond it refused', async () => {
    const { execute } = await everywhere('grow-table-to-limit')
    for (const call of execute) {
      expect(await call([], { tableElements: 99_999 })).toMatchObject({ output: 'refused' })
      expect(await call([], { tableElements: 100_000 })).toMatchObject({ output: 'granted' })
    }
  })

  test('tableElements: 100,000 is the default', async () => {
    const { execute } = await everywhere('grow-table-past-limit')
    for (const call of execute) {
      expect(await call([], {})).toMatchObject({ output: 'refused' })
      expect(await call([], { tableElements: 100_001 })).toMatchObject({ output: 'granted' })
    }
  })

  test('tableElements: tables that a module begins with count, together', async () => {
    const module = await guest('two-tables')
    await new PluginLoader({ limits: { tableElements: 120_000 } }).load(module)
    const { details } = await fault(
      'ERR_MEMORY_LIMIT',
      new PluginLoader({ limits: { tableElements: 119_999 } }).load(module),
    )
    expect(details.limit).toBe(119_999)
  })

  test('resultBytes: a result of as many bytes is taken, one byte more is not', async () => {
    const { execute } = await everywhere('echo')
    for (const call of execute) {
      // The map's head, `Success` and its head, the text and its head.
      const bytes = 1 + 8 + 1 + 'four'.length
      expect(await call(['four'], { resultBytes: bytes })).toMatchObject({ output: 'four' })
      const { details } = await fault('ERR_RESULT_TOO_LARGE', call(['four'], { resultBytes: bytes - 1 }))
      expect(details).toMatchObject({ limit: bytes - 1, actual: bytes })
    }
  })

  test('resultBytes: 4 MiB is the default', async () => {
    const { execute } = await everywhere('result-too-large')
    for (const call of execute) {
      await fault('ERR_RESULT_TOO_LARGE', call([], {}))
      expect(await call([], { resultBytes: 4 * 2 ** 20 + 1 })).toMatchObject({ type: 'success' })
    }
  })

  test('resultBytes: no more than a string can hold, whatever is allowed', async () => {
    // Says that its answer has a GiB, which it has the memory for.
    const module = await compile(`(module
      (memory (export "memory") 1)
      (data (i32.const 16) "\\92\\02\\92\\a4huge\\a0")
      (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
      (func (export "plugin_dealloc") (param i32 i32))
      (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000009))
      (func (export "plugin_execute") (param i32 i32) (result i64)
        (drop (memory.grow (i32.const 16384)))
        (i64.const 0x400_40000000)))`)
    const limits = { resultBytes: 2 ** 32, memoryBytes: 2 ** 31 }
    const plugin = await new PluginLoader({ limits }).load(module)
    const { details } = await fault('ERR_RESULT_TOO_LARGE', plugin.instance.execute([]))
    expect(details).toMatchObject({ limit: constants.MAX_STRING_LENGTH, actual: 2 ** 30 })
  })

  test('resultBytes: a manifest is held to it too', async () => {
    const module = await guest('echo')
    // The manifest of echo: heads of three bytes in all, its name and its line of help with a head each.
    const bytes = 3 + 1 + 'echo'.length + 1 + 'A test guest'.length
    await new PluginLoader({ limits: { resultBytes: bytes } }).load(module)
    const { details } = await fault(
      'ERR_RESULT_TOO_LARGE',
      new PluginLoader({ limits: { resultBytes: bytes - 1 } }).load(module),
    )
    expect(details).toMatchObject({ limit: bytes - 1, actual: bytes })
  })

  test('maxEffects: as many effects are carried out, one more is not', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('effect-sleep'))
    await registry.execute('effect-sleep', [], { limits: { maxEffects: 1 } })
    const { details } = await fault(
      'ERR_TOO_MANY_EFFECTS',
      registry.execute('effect-sleep', [], { limits: { maxEffects: 0 } }),
    )
    expect(details).toMatchObject({ limit: 0, usage: { effects: 0 } })
  })

  test('maxEffects: 64 is the default, and the receipt says that as many were carried out', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('effect-forever'))
    const { details } = await fault('ERR_TOO_MANY_EFFECTS', registry.execute('effect-forever'))
    expect(details).toMatchObject({ limit: 64, usage: { effects: 64 } })
  })
})

describe('the limits of a call go over those of its loader or registry, which go over the defaults', () => {
  test('a loader holds loading and calls to its limits', async () => {
    const loader = new PluginLoader({ limits: { fuel: 1000 } })
    await fault('ERR_FUEL_EXHAUSTED', loader.load(await guest('forever-in-manifest')))
    const { instance } = await loader.load(await guest('busy'))
    const { details } = await fault('ERR_FUEL_EXHAUSTED', instance.execute(['1000']))
    expect(details.limit).toBe(1000n)
    expect(await instance.execute(['1000'], { limits: { fuel: 100_000 } })).toMatchObject({ output: 'ok' })
    expect(faultSync('ERR_FUEL_EXHAUSTED', () => instance.executeSync(['1000'])).details.limit).toBe(1000n)
  })

  test('a registry holds loading and calls to its limits', async () => {
    const registry = new PluginRegistry({ limits: { fuel: 1000, maxEffects: 2 } })
    await fault('ERR_FUEL_EXHAUSTED', registry.loadPlugin(await guest('forever-in-manifest')))
    await registry.loadPlugin(await guest('busy'))
    expect((await fault('ERR_FUEL_EXHAUSTED', registry.execute('busy', ['1000']))).details.limit).toBe(1000n)
    const limits = { fuel: 100_000 }
    expect(await registry.execute('busy', ['1000'], { limits })).toMatchObject({ output: 'ok' })
    expect(registry.executeSync('busy', ['1000'], { limits })).toMatchObject({ output: 'ok' })

    await registry.loadPlugin(await guest('effect-forever'))
    const { details } = await fault('ERR_TOO_MANY_EFFECTS', registry.execute('effect-forever'))
    expect(details.limit).toBe(2)
  })

  test('a registered plugin is held to the limits of the registry, not of its loader', async () => {
    const module = await guest('busy')
    const poor = await new PluginLoader({ limits: { fuel: 1000 } }).load(module)
    const registry = new PluginRegistry()
    await registry.register(poor)
    expect(await registry.execute('busy', ['1000'])).toMatchObject({ output: 'ok' })
    await fault('ERR_FUEL_EXHAUSTED', poor.instance.execute(['1000']))

    const rich = await new PluginLoader().load(module)
    const strict = new PluginRegistry({ limits: { fuel: 1000 } })
    await strict.register(rich)
    await fault('ERR_FUEL_EXHAUSTED', strict.execute('busy', ['1000']))
    expect(await rich.instance.execute(['1000'])).toMatchObject({ output: 'ok' })
  })

  test('a limit that is undefined is as one left out', async () => {
    const limits = { fuel: undefined, timeoutMs: undefined, maxEffects: undefined } as unknown as Limits
    const registry = new PluginRegistry({ limits })
    await registry.loadPlugin(await guest('echo'))
    expect(await registry.execute('echo', ['x'], { limits })).toMatchObject({ output: 'x' })
  })
})

const invalid: Record<keyof Limits, unknown[]> = {
  fuel: [-1, 0.5, Number.NaN, Infinity, 2 ** 53, -1n, 2n ** 64n, '1', null, true, {}],
  memoryBytes: [-1, 0.5, Number.NaN, Infinity, 2 ** 32 + 1, 1n, '1', null, true],
  tableElements: [-1, 0.5, Number.NaN, Infinity, 1_000_001, 1n, '1', null],
  timeoutMs: [0, -1, Number.NaN, Infinity, 2 ** 31, 1n, '1', null],
  resultBytes: [-1, 0.5, Number.NaN, Infinity, 2 ** 32 + 1, 1n, '1', null],
  maxEffects: [-1, 0.5, Number.NaN, Infinity, 2 ** 53, 1n, '1', null],
}

const extreme: Limits[] = [
  { fuel: 2 ** 53 - 1 },
  { fuel: 2n ** 64n - 1n },
  { memoryBytes: 2 ** 32 },
  { tableElements: 0 },
  { tableElements: 1_000_000 },
  { timeoutMs: 2 ** 31 - 1 },
  { resultBytes: 2 ** 32 },
  { maxEffects: 0 },
  { maxEffects: Number.MAX_SAFE_INTEGER },
]

describe('a limit of the wrong type or out of range is refused by name, wherever it is given', () => {
  for (const [name, values] of Object.entries(invalid)) {
    test(name, async () => {
      const plugin = await new PluginLoader().load(await guest('echo'))
      const registry = new PluginRegistry()
      await registry.register(plugin)
      for (const value of values) {
        for (const take of takers(plugin, registry)) {
          const { details } = await fault('ERR_INVALID_ARG', take({ [name]: value }))
          expect(details).toEqual({ name })
        }
      }
    })
  }

  test('the least and the most are taken', async () => {
    const plugin = await new PluginLoader().load(await guest('echo'))
    const registry = new PluginRegistry()
    await registry.register(plugin)
    for (const limits of extreme) {
      for (const take of takers(plugin, registry)) await take(limits)
    }
  })

  test('a limit that there is not is refused, so that nobody goes without the one they meant', async () => {
    const plugin = await new PluginLoader().load(await guest('echo'))
    const registry = new PluginRegistry()
    await registry.register(plugin)
    for (const name of ['timeout', 'memory', 'Fuel', '__proto__', 'constructor']) {
      for (const take of takers(plugin, registry)) {
        // As JSON.parse makes it, so that __proto__ is a key like any other.
        const limits = JSON.parse(`{ "${name}": 1 }`)
        expect((await fault('ERR_INVALID_ARG', take(limits))).details).toEqual({ name })
      }
    }
  })
})

/** All that takes limits. */
function takers(plugin: LoadedPlugin, registry: PluginRegistry): ((limits: Limits) => Promise<unknown>)[] {
  return [
    async limits => new PluginLoader({ limits }),
    async limits => new PluginScanner({ limits }),
    async limits => new PluginRegistry({ limits }),
    limits => plugin.instance.execute([], { limits }),
    async limits => plugin.instance.executeSync([], { limits }),
    limits => registry.execute('echo', [], { limits }),
    async limits => registry.executeSync('echo', [], { limits }),
  ]
}

/** The ways to call a guest: on a live instance that is new each time, and on pristine ones; awaited and not. */
async function everywhere(name: string) {
  const module = await guest(name)
  const loader = new PluginLoader()
  const registry = new PluginRegistry()
  const { command } = await registry.loadPlugin(module)
  type Call = (args: string[], limits: Limits) => Promise<{ usage: Usage }>
  const execute: Call[] = [
    async (args, limits) => (await loader.load(module)).instance.execute(args, { limits }),
    async (args, limits) => (await loader.load(module)).instance.executeSync(args, { limits }),
    (args, limits) => registry.execute(command.name, args, { limits }),
    async (args, limits) => registry.executeSync(command.name, args, { limits }),
  ]
  return { execute }
}
