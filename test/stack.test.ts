import { PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { fault, faultSync } from './fault.js'
import { guest, guestFile, plugin, temporaryDirectory } from './guest.js'
import { deepest } from './programs/deepest.mjs'
import { runProgram } from './system.js'
import { inWorker } from './worker.js'

const recursing = ['recurse', 'recurse-mutual', 'recurse-table']

describe('recursion without end is a stack overflow of the guest, and of nobody else', () => {
  test.each(recursing)('%s: from the main thread', async name => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest(name))
    const { instance } = await new PluginLoader().load(await guest(name))
    for (let round = 0; round < 10; round++) {
      await fault('ERR_STACK_OVERFLOW', registry.execute(name))
      faultSync('ERR_STACK_OVERFLOW', () => registry.executeSync(name))
      await fault('ERR_STACK_OVERFLOW', instance.execute([]))
      faultSync('ERR_STACK_OVERFLOW', () => instance.executeSync([]))
    }
  })

  test.each(recursing)('%s: from as deep in JavaScript as it can be called', async name => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest(name))
    const { instance } = await new PluginLoader().load(await guest(name))
    for (let round = 0; round < 5; round++) {
      faultSync('ERR_STACK_OVERFLOW', () => deepest(() => registry.executeSync(name)))
      faultSync('ERR_STACK_OVERFLOW', () => deepest(() => instance.executeSync([])))
    }
    faultSync('ERR_STACK_OVERFLOW', () => registry.executeSync(name))
  })

  test('a guest has as much stack from deep in JavaScript as from anywhere', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('recurse'))
    const here = faultSync('ERR_STACK_OVERFLOW', () => registry.executeSync('recurse'))
    const deep = faultSync('ERR_STACK_OVERFLOW', () => deepest(() => registry.executeSync('recurse')))
    const awaited = await fault('ERR_STACK_OVERFLOW', registry.execute('recurse'))
    const fuel = here.details.usage.fuelConsumed
    expect(deep.details.usage.fuelConsumed).toBe(fuel)
    expect(awaited.details.usage.fuelConsumed).toBe(fuel)
  })

  test('executions that are begun from deep in JavaScript settle, and the process ends in order', async () => {
    const path = await guestFile(await temporaryDirectory(), 'recurse')
    const { code, stdout } = await runProgram('begin-deep.mjs', [path])
    expect({ code, outcomes: JSON.parse(stdout) }).toEqual({
      code: 0,
      outcomes: { begun: 200, others: 0, last: 'ERR_STACK_OVERFLOW', later: 'ERR_STACK_OVERFLOW' },
    })
  })

  test.each([
    ['a Worker', undefined],
    ['a Worker with 1 MB of stack', { stackSizeMb: 1 }],
  ])('from %s, in every way', async (_, resourceLimits) => {
    const here = new PluginRegistry()
    await here.loadPlugin(await guest('recurse'))
    const { details } = await fault('ERR_STACK_OVERFLOW', here.execute('recurse'))
    for (const name of recursing) {
      const ways = ['execute', 'executeSync', 'live', 'liveSync', 'deepSync'] as const
      const outcomes = await inWorker({ module: await guest(name), ways, runs: 3 }, resourceLimits)
      expect(outcomes).toHaveLength(15)
      for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 'ERR_STACK_OVERFLOW' })
      const fuel = details.usage.fuelConsumed
      if (name === 'recurse') for (const outcome of outcomes) expect(outcome.fuel).toBe(fuel)
    }
  })

  test('a plugin that does not recurse works from deep in JavaScript', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(plugin('greet'))
    expect(deepest(() => registry.executeSync('greet', ['Ada']))).toMatchObject({ output: 'Hello, Ada!' })
  })
})
