import { PluginLoader, PluginRegistry, type PluginRegistryOptions, type RegistryStats } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { endless, meanwhile } from './calls.js'
import { fault, faultSync, rejection, thrown } from './fault.js'
import { guest, guestFile, temporaryDirectory } from './guest.js'
import { deepest } from './programs/deepest.mjs'

const PAGE = 65_536

describe('the statistics of a registry', () => {
  test('are there before anything was loaded, and after it was closed', async () => {
    const registry = new PluginRegistry({ concurrency: 3, queueLimit: 7 })
    const empty = {
      plugins: 0,
      executions: { total: 0, succeeded: 0, errored: 0, faulted: 0 },
      queue: { waiting: 0, running: 0, threads: 0, concurrency: 3, limit: 7 },
      instances: {
        executing: expect.any(Number),
        live: expect.any(Number),
        loading: expect.any(Number),
        warm: expect.any(Number),
      },
      memory: {
        guestBytes: expect.any(Number),
        codeBytes: 0,
        allocation: expect.stringMatching(/^(pooling|on-demand)$/),
      },
      cache: expect.objectContaining({ directory: expect.any(String), usable: true }),
    }
    expect(registry.stats()).toEqual(empty)
    await registry.loadPlugin(await guest('echo'))
    await registry.execute('echo')
    await registry.close()
    expect(registry.stats()).toMatchObject({
      plugins: 0,
      executions: { total: 1, succeeded: 1, errored: 0, faulted: 0 },
      queue: { waiting: 0, running: 0 },
      memory: { codeBytes: 0 },
    })
  })

  test('are a snapshot, which neither changes nor can be used to change anything', async () => {
    const registry = await registryOf({}, 'echo')
    const before = registry.stats()
    registry.executeSync('echo')
    expect(before.executions.total).toBe(0)
    Object.assign(registry.stats().executions, { total: 100 })
    expect(registry.stats().executions.total).toBe(1)
  })

  test('count what the cache of compiled code was good for', async () => {
    const cache = await temporaryDirectory()
    const module = await guest('echo')
    const [first, second] = [new PluginRegistry({ cache }), new PluginRegistry({ cache })]
    await first.loadPlugin(module)
    await second.loadPlugin(module)
    // One for the process, of all that use the directory.
    for (const registry of [first, second]) {
      const counts = { hits: 1, misses: 1, rejected: 0, stored: 1, evicted: 0, errors: 0 }
      expect(registry.stats().cache).toEqual({ directory: cache, usable: true, ...counts })
    }
    expect(new PluginRegistry({ cache: false }).stats()).not.toHaveProperty('cache')
  })

  test('say how many may run and wait where nothing was said', () => {
    const { concurrency, limit } = new PluginRegistry().stats().queue
    expect(concurrency).toBeGreaterThan(0)
    expect(limit).toBe(16_384)
  })
})

describe('executions are counted', () => {
  test('by how they ended, each once, whoever waited for them', async () => {
    const registry = await registryOf({}, 'echo', 'error-code-42', 'trap-unreachable', 'effect-sleep')
    for (let execution = 0; execution < 3; execution++) await registry.execute('echo')
    registry.executeSync('echo')
    await registry.execute('effect-sleep')
    await registry.execute('error-code-42')
    registry.executeSync('error-code-42')
    await fault('ERR_TRAP', registry.execute('trap-unreachable'))
    faultSync('ERR_TRAP', () => registry.executeSync('trap-unreachable'))
    faultSync('ERR_TOO_MANY_EFFECTS', () => registry.executeSync('effect-sleep'))
    expect(registry.stats().executions).toEqual({ total: 10, succeeded: 5, errored: 2, faulted: 3 })
  })

  test('when they begin, and once more when they are aborted, unloaded or closed', async () => {
    const registry = await registryOf({ concurrency: 1 }, 'forever', 'echo')
    const abort = new AbortController()
    const aborted = rejection(registry.execute('forever', [], { limits: endless, signal: abort.signal }))
    expect(registry.stats().executions).toEqual({ total: 1, succeeded: 0, errored: 0, faulted: 0 })
    abort.abort()
    await aborted
    expect(registry.stats().executions).toEqual({ total: 1, succeeded: 0, errored: 0, faulted: 1 })
    const unloaded = fault('ERR_UNLOADED', registry.execute('forever', [], { limits: endless }))
    await registry.unload('forever')
    await unloaded
    await registry.loadPlugin(await guest('forever'))
    const closed = fault('ERR_CLOSED', registry.execute('forever', [], { limits: endless }))
    await registry.close()
    await closed
    expect(registry.stats().executions).toEqual({ total: 3, succeeded: 0, errored: 0, faulted: 3 })
  })

  test('when there was no room for them to wait', async () => {
    const registry = await registryOf({ concurrency: 1, queueLimit: 0 }, 'forever')
    const blocker = block(registry)
    await meanwhile()
    await fault('ERR_BUSY', registry.execute('forever'))
    expect(registry.stats().executions).toMatchObject({ total: 2, faulted: 1 })
    await blocker.end()
  })

  test('but not where they never got as far as a plugin', async () => {
    const registry = await registryOf({}, 'echo', 'capabilities-fs')
    const signal = AbortSignal.abort()
    await fault('ERR_COMMAND_NOT_FOUND', registry.execute('ech'))
    await fault('ERR_PERMISSION_DENIED', registry.execute('capabilities-fs'))
    await fault('ERR_INVALID_ARG', registry.execute('echo', [1] as never))
    await rejection(registry.execute('echo', [], { signal }))
    thrown(() => registry.executeSync('echo', [], { signal }))
    await registry.close()
    faultSync('ERR_CLOSED', () => registry.executeSync('echo'))
    expect(registry.stats().executions).toEqual({ total: 0, succeeded: 0, errored: 0, faulted: 0 })
  })

  test('once even where JavaScript’s own stack is full', async () => {
    const registry = await registryOf({}, 'recurse')
    for (let round = 0; round < 5; round++) {
      faultSync('ERR_STACK_OVERFLOW', () => deepest(() => registry.executeSync('recurse')))
    }
    const { total, succeeded, errored, faulted } = registry.stats().executions
    expect({ succeeded, errored, faulted }).toEqual({ succeeded: 0, errored: 0, faulted: total })
    expect(total).toBeGreaterThan(0)
  })

  test('for each registry', async () => {
    const [one, other] = [await registryOf({}, 'echo'), await registryOf({}, 'echo')]
    await one.execute('echo')
    expect(one.stats().executions.total).toBe(1)
    expect(other.stats().executions.total).toBe(0)
  })
})

describe('the queue', () => {
  test('shows calls that run and calls that wait for a thread', async () => {
    const registry = await registryOf({ concurrency: 1 }, 'forever')
    const blockers = [block(registry), block(registry), block(registry)]
    await meanwhile()
    expect(registry.stats().queue).toMatchObject({ running: 1, waiting: 2, threads: 1 })
    for (const blocker of blockers) await blocker.end()
    // A thread that has seen that nobody waits any more for what it runs takes another millisecond to stop it.
    await meanwhile()
    expect(registry.stats().queue).toMatchObject({ running: 0, waiting: 0 })
  })

  test('shows calls that wait for a later turn of the event loop, of this registry alone', async () => {
    const [registry, other] = [await registryOf({}, 'echo'), await registryOf({}, 'echo')]
    const calls = Array.from({ length: 1000 }, () => registry.execute('echo'))
    expect(registry.stats().queue.waiting).toBeGreaterThan(0)
    expect(other.stats().queue.waiting).toBe(0)
    await Promise.all(calls)
    expect(registry.stats().queue).toMatchObject({ running: 0, waiting: 0 })
  })
})

describe('instances and memory', () => {
  test('show what executes, and what it holds', async () => {
    const registry = await registryOf({ concurrency: 1 }, 'forever')
    const blocker = block(registry)
    await meanwhile()
    const { instances, memory } = registry.stats()
    expect(instances.executing).toBeGreaterThanOrEqual(1)
    expect(memory.guestBytes).toBeGreaterThanOrEqual(PAGE)
    await blocker.end()
  })

  test('are those of the process: live instances are among them', async () => {
    const registry = new PluginRegistry()
    const before = registry.stats().instances.live
    const { instance } = await new PluginLoader().load(await guest('echo'))
    await instance.execute([])
    expect(registry.stats().instances.live).toBe(before + 1)
    expect(registry.stats().memory.guestBytes).toBeGreaterThanOrEqual(PAGE)
    instance.close()
  })

  test('count the code of the plugins of the registry, as long as it has them', async () => {
    const registry = await registryOf({}, 'echo')
    const one = code(registry)
    expect(one).toBeGreaterThan(0)
    await registry.loadPlugin(await guest('busy'))
    expect(registry.stats().plugins).toBe(2)
    expect(code(registry)).toBeGreaterThan(one)
    await registry.unload('busy')
    expect(code(registry)).toBe(one)
    await registry.unload('echo')
    expect(code(registry)).toBe(0)
  })

  test('count the code of plugins in line for a command, and of a version that still runs', async () => {
    const directory = await temporaryDirectory()
    const registry = await registryOf({}, 'echo')
    const one = code(registry)
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(await guestFile(directory, 'echo')))
    expect(registry.stats().plugins).toBe(1)
    expect(code(registry)).toBe(2 * one)

    const reloaded = new PluginRegistry()
    const path = await guestFile(directory, 'forever')
    await reloaded.loadPlugin(path)
    const old = code(reloaded)
    const blocker = block(reloaded)
    await meanwhile()
    await reloaded.loadPlugin(path)
    expect(code(reloaded)).toBe(2 * old)
    await blocker.end()
    expect(code(reloaded)).toBe(old)
  })
})

function code(registry: PluginRegistry): number {
  const { memory }: RegistryStats = registry.stats()
  return memory.codeBytes
}

async function registryOf(options: PluginRegistryOptions, ...guests: string[]): Promise<PluginRegistry> {
  const registry = new PluginRegistry(options)
  for (const name of guests) await registry.loadPlugin(await guest(name))
  return registry
}

/** An execution that runs until it is ended. */
function block(registry: PluginRegistry): { end(): Promise<unknown> } {
  const abort = new AbortController()
  const ended = rejection(registry.execute('forever', [], { limits: endless, signal: abort.signal }))
  return {
    end() {
      abort.abort()
      return ended
    },
  }
}
