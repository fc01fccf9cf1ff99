import { setImmediate as turn } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { endless, follow, meanwhile } from './calls.js'
import { fault, rejection } from './fault.js'
import { guest, guestFile, slowToCompile, temporaryDirectory } from './guest.js'
import { internal } from './internal.js'
import { runProgram } from './system.js'

describe('concurrency', () => {
  test.each([1, 2, 3])(
    '%i executions run at once, and the next waits until one has ended',
    async concurrency => {
      const registry = await registryOf({ concurrency })
      const blockers = Array.from({ length: concurrency }, () => block(registry))
      const next = registry.execute('busy', ['1'])
      const followed = follow(next)
      await meanwhile()
      expect(followed.state()).toBe('pending')
      await blockers.pop()?.end()
      expect(await next).toMatchObject({ output: 'ok' })
      // With one of them ended there is room for one, again and again.
      for (let execution = 0; execution < 10; execution++) await registry.execute('busy', ['1'])
      for (const blocker of blockers) await blocker.end()
    },
  )

  test('an execution that runs is in nobody’s way as long as another may run', async () => {
    const registry = await registryOf({ concurrency: 2 })
    const blocker = block(registry)
    await meanwhile()
    expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    await blocker.end()
  })

  test('a plugin that computes without end holds up no other plugin', async () => {
    const registry = await registryOf({ concurrency: 1 })
    const blockers = [block(registry), block(registry)]
    for (let execution = 0; execution < 3; execution++) {
      expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    }
    for (const blocker of blockers) await blocker.end()
  })

  test('a synchronous execution waits for nobody', async () => {
    const registry = await registryOf({ concurrency: 1 })
    const blocker = block(registry)
    await meanwhile()
    expect(registry.executeSync('echo', ['x'])).toMatchObject({ output: 'x' })
    await blocker.end()
  })

  test('registries do not wait for one another, nor for live instances', async () => {
    const [one, other] = [await registryOf({ concurrency: 1 }), await registryOf({ concurrency: 1 })]
    const { instance } = await new PluginLoader().load(await guest('echo'))
    const blocker = block(one)
    await meanwhile()
    expect(await other.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    expect(await instance.execute(['x'])).toMatchObject({ output: 'x' })
    await blocker.end()
  })

  test('executions do not wait for what is being compiled', async () => {
    const registry = await registryOf({})
    const modules = await Promise.all(['a', 'b'].map(slowToCompile))
    const loading = Promise.all(modules.map(module => registry.loadPlugin(module)))
    const followed = follow(loading)
    expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    expect(followed.state()).toBe('pending')
    await loading
  })

  test('there may be 1024', async () => {
    const registry = await registryOf({ concurrency: 1024 })
    const answers = await Promise.all(Array.from({ length: 500 }, () => registry.execute('echo', ['x'])))
    expect(answers).toHaveLength(500)
  })
})

describe('those that wait', () => {
  test('have their turns in the order in which they came', async () => {
    const registry = await registryOf({ concurrency: 1 })
    const blocker = block(registry)
    const order: number[] = []
    const calls = Array.from({ length: 500 }, async (_, number) => {
      await registry.execute('echo', [String(number)])
      order.push(number)
    })
    await blocker.end()
    await Promise.all(calls)
    expect(order).toEqual(Array.from({ length: 500 }, (_, number) => number))
  })

  test('are no more than the queue takes; the next is refused, and taken when there is room again', async () => {
    const registry = await registryOf({ concurrency: 1, queueLimit: 2 })
    for (let round = 0; round < 3; round++) {
      const blocker = block(registry)
      await meanwhile()
      const waiting = [registry.execute('echo', ['1']), registry.execute('echo', ['2'])]
      const { details } = await fault('ERR_BUSY', registry.execute('echo', ['3']))
      expect(details).toEqual({ limit: 2 })
      await blocker.end()
      expect(await Promise.all(waiting)).toMatchObject([{ output: '1' }, { output: '2' }])
    }
  })

  test('are none where the queue takes none', async () => {
    const registry = await registryOf({ concurrency: 1, queueLimit: 0 })
    const blocker = block(registry)
    await meanwhile()
    expect((await fault('ERR_BUSY', registry.execute('echo'))).details).toEqual({ limit: 0 })
    await blocker.end()
  })

  test('are no more where they wait for a turn of the event loop, and not for a thread', async () => {
    const registry = await registryOf({ concurrency: 1, queueLimit: 10 })
    const calls = Array.from({ length: 5_000 }, () => registry.execute('echo', ['x']))
    const { waiting } = registry.stats().queue
    const outcomes = await Promise.allSettled(calls)
    // With the one that may run, and has no thread yet.
    expect(waiting).toBeLessThanOrEqual(10 + 1)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const call of refused)
      expect(call).toMatchObject({ reason: { code: 'ERR_BUSY', details: { limit: 10 } } })
    expect(registry.stats().queue).toMatchObject({ waiting: 0, running: 0 })
    // One after the other they all find room, also where none may wait.
    const without = await registryOf({ concurrency: 1, queueLimit: 0 })
    for (let call = 0; call < 200; call += 1) {
      expect(await without.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    }
  })

  test('do not count those that may run, however fast they come', async () => {
    for (const [concurrency, queueLimit] of [
      [1, 2],
      [2, 0],
      [2, 1],
      [8, 0],
      [8, 8],
    ] as const) {
      // A new registry each time, none of whose threads has been started.
      for (let round = 0; round < 5; round++) {
        const registry = await registryOf({ concurrency, queueLimit })
        const calls = Array.from({ length: concurrency + queueLimit }, () => registry.execute('echo', ['x']))
        for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ output: 'x' })
      }
    }
  })

  test('are 16,384 if nothing is said', async () => {
    const registry = await registryOf({ concurrency: 1 })
    const blocker = block(registry)
    await meanwhile()
    const waiting = Array.from({ length: 16_384 }, () => registry.execute('busy', ['1']))
    expect((await fault('ERR_BUSY', registry.execute('busy', ['1']))).details).toEqual({ limit: 16_384 })
    await blocker.end()
    expect(await Promise.all(waiting)).toHaveLength(16_384)
  })

  test('may be ten thousand, and all succeed', async () => {
    const registry = await registryOf({})
    const calls = Array.from({ length: 10_000 }, (_, number) => registry.execute('echo', [String(number)]))
    const outputs = (await Promise.all(calls)).map(answer => answer.type === 'success' && answer.output)
    expect(outputs).toEqual(Array.from({ length: 10_000 }, (_, number) => String(number)))
  })
})

test.each([
  [
    'a program that expects few executions begins so many of one plugin, and the rest when there is room',
    ['16'],
    7,
  ],
  ['a program that expects nothing begins all', [], 100],
])('%s', async (_, expected, begun) => {
  const path = await guestFile(await temporaryDirectory(), 'effect-sleep-hour')
  const { code, stdout } = await runProgram('expecting.mjs', [path, ...expected])
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${begun}\n100\n` })
})

test('what served a registry is given up with it', async () => {
  // Not public, but the only witness: a registry that leaves it behind leaks memory and threads.
  const { Executor } = internal
  const before = queryObjects(Executor, { format: 'count' })
  for (let registry = 0; registry < 50; registry++) {
    const used = await registryOf({})
    await used.execute('echo')
    await used.close()
  }
  // What native code held is let go of in a later turn of the event loop.
  for (let round = 0; round < 5; round++) {
    queryObjects(Executor, { format: 'count' })
    await turn()
  }
  expect(queryObjects(Executor, { format: 'count' })).toBeLessThan(before + 10)
})

async function registryOf(options: { concurrency?: number; queueLimit?: number }): Promise<PluginRegistry> {
  const registry = new PluginRegistry(options)
  await registry.loadPlugin(await guest('echo'))
  await registry.loadPlugin(await guest('busy'))
  return registry
}

/** Has a guest take one of the registry's threads until it is ended. */
function block(registry: PluginRegistry): { end(): Promise<void> } {
  const abort = new AbortController()
  const blocked = rejection(
    registry.execute('busy', ['9'.repeat(18)], { limits: endless, signal: abort.signal }),
  )
  return {
    async end() {
      abort.abort()
      await blocked
    },
  }
}
