import { getEventListeners } from 'node:events'
import { PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { endless, follow, meanwhile } from './calls.js'
import { fault, rejection, thrown } from './fault.js'
import { guest } from './guest.js'

const reasons: unknown[] = [new Error('enough'), 'text', 0, '', false, null, Symbol('why'), { code: 1 }]

describe('a signal that is aborted already', () => {
  test('ends every call before it begins, with its reason', async () => {
    const { registry, instance } = await both('counter')
    for (const reason of reasons) {
      const signal = AbortSignal.abort(reason)
      expect(await rejection(registry.execute('counter', [], { signal }))).toBe(reason)
      expect(await rejection(instance.execute([], { signal }))).toBe(reason)
      expect(await rejection(instance.resume(1, { type: 'sleepComplete' }, { signal }))).toBe(reason)
      expect(thrown(() => registry.executeSync('counter', [], { signal }))).toBe(reason)
      expect(thrown(() => instance.executeSync([], { signal }))).toBe(reason)
    }
    expect(await instance.execute([])).toMatchObject({ output: '1' })
  })

  test('gives an AbortError where no reason was given', async () => {
    const { registry, instance } = await both('counter')
    const signal = AbortSignal.abort()
    for (const error of [
      await rejection(registry.execute('counter', [], { signal })),
      await rejection(instance.execute([], { signal })),
      thrown(() => registry.executeSync('counter', [], { signal })),
    ]) {
      expect(error).toBe(signal.reason)
      expect(error).toBeInstanceOf(DOMException)
      expect(error).toMatchObject({ name: 'AbortError' })
    }
  })
})

describe('a call that is aborted while it runs', () => {
  test('rejects with the reason, of whatever type', async () => {
    const { registry, instance } = await both('forever')
    for (const reason of [undefined, ...reasons]) {
      for (const execute of [
        (signal: AbortSignal) => registry.execute('forever', [], { limits: endless, signal }),
        (signal: AbortSignal) => instance.execute([], { limits: endless, signal }),
      ]) {
        const abort = new AbortController()
        const aborted = rejection(execute(abort.signal))
        await meanwhile()
        abort.abort(reason)
        expect(await aborted).toBe(abort.signal.reason)
      }
    }
  })

  test('rejects with a TimeoutError where the signal is of a timeout', async () => {
    const { registry } = await both('forever')
    const error = await rejection(
      registry.execute('forever', [], { limits: endless, signal: AbortSignal.timeout(10) }),
    )
    expect(error).toMatchObject({ name: 'TimeoutError' })
  })

  test('gives its thread and its instance free for the next at once', async () => {
    const { instance } = await both('busy')
    const registry = new PluginRegistry({ concurrency: 1 })
    await registry.loadPlugin(await guest('busy'))
    for (const execute of [
      (rounds: string, signal?: AbortSignal) =>
        registry.execute('busy', [rounds], signal && { limits: endless, signal }),
      (rounds: string, signal?: AbortSignal) =>
        instance.execute([rounds], signal && { limits: endless, signal }),
    ]) {
      for (let round = 0; round < 5; round++) {
        const abort = new AbortController()
        const aborted = rejection(execute('18446744073709551615', abort.signal))
        await meanwhile()
        abort.abort()
        expect(await execute('10')).toMatchObject({ output: 'ok' })
        expect(await aborted).toBe(abort.signal.reason)
      }
    }
  })

  test('leaves the other calls alone', async () => {
    const registry = new PluginRegistry({ concurrency: 2 })
    await registry.loadPlugin(await guest('forever'))
    const [one, other] = [new AbortController(), new AbortController()]
    const aborted = rejection(registry.execute('forever', [], { limits: endless, signal: one.signal }))
    const running = registry.execute('forever', [], { limits: endless, signal: other.signal })
    const followed = follow(running)
    await meanwhile()
    one.abort()
    await aborted
    await meanwhile()
    expect(followed.state()).toBe('pending')
    other.abort()
    expect(await rejection(running)).toBe(other.signal.reason)
  })
})

describe('a call that is aborted while it waits for its turn', () => {
  test('rejects at once, and is never run', async () => {
    const { instance } = await both('counter')
    const registry = new PluginRegistry({ concurrency: 1 })
    await registry.loadPlugin(await guest('forever'))
    await registry.loadPlugin(await guest('echo'))
    const [first, second] = [new AbortController(), new AbortController()]
    const running = rejection(registry.execute('forever', [], { limits: endless, signal: first.signal }))
    const waiting = rejection(registry.execute('echo', ['x'], { signal: second.signal }))
    second.abort('no longer')
    expect(await waiting).toBe('no longer')
    const third = registry.execute('echo', ['y'])
    first.abort()
    await running
    expect(await third).toMatchObject({ output: 'y' })

    // More than one turn of the event loop has time for.
    const many = 2000
    const controllers = Array.from({ length: many }, () => new AbortController())
    const calls = controllers.map(({ signal }) => instance.execute([], { signal }))
    for (const call of calls) follow(call)
    controllers[many - 2]?.abort('skipped')
    expect(await calls[0]).toMatchObject({ output: '1' })
    expect(await rejection(calls[many - 2] as Promise<unknown>)).toBe('skipped')
    expect(await calls[many - 1]).toMatchObject({ output: `${many - 1}` })
  })

  test('gives its place in the line to another', async () => {
    const registry = new PluginRegistry({ concurrency: 1, queueLimit: 1 })
    await registry.loadPlugin(await guest('forever'))
    await registry.loadPlugin(await guest('echo'))
    const [first, second] = [new AbortController(), new AbortController()]
    const running = rejection(registry.execute('forever', [], { limits: endless, signal: first.signal }))
    await meanwhile()
    const waiting = rejection(registry.execute('echo', ['x'], { signal: second.signal }))
    second.abort()
    await waiting
    const third = registry.execute('echo', ['y'])
    follow(third)
    first.abort()
    await running
    expect(await third).toMatchObject({ output: 'y' })
  })
})

describe('a signal', () => {
  test('is let go of by every call that has ended, however it ended', async () => {
    const { registry, instance } = await both('busy')
    for (const name of ['error-user', 'out-of-bounds', 'effect-sleep', 'effect-forever']) {
      await registry.loadPlugin(await guest(name))
    }
    const { signal } = new AbortController()
    for (let round = 0; round < 20; round++) {
      await registry.execute('busy', ['10'], { signal })
      await instance.execute(['10'], { signal })
      await registry.execute('error-user', [], { signal })
      await registry.execute('effect-sleep', [], { signal })
      await fault('ERR_TOO_MANY_EFFECTS', registry.execute('effect-forever', [], { signal }))
      await fault('ERR_TRAP', registry.execute('out-of-bounds', [], { signal }))
      await fault('ERR_FUEL_EXHAUSTED', instance.execute(['1000'], { signal, limits: { fuel: 10 } }))
      await fault('ERR_COMMAND_NOT_FOUND', registry.execute('absent', [], { signal }))
      await fault('ERR_INVALID_ARG', registry.execute('busy', [], { signal, limits: { fuel: -1 } }))
      registry.executeSync('busy', ['10'], { signal })
      instance.executeSync(['10'], { signal })
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('is let go of when it was aborted, and when the plugin was unloaded', async () => {
    const { registry } = await both('forever')
    const abort = new AbortController()
    const options = { limits: endless, signal: abort.signal }
    const aborted = [1, 2, 3].map(() => rejection(registry.execute('forever', [], options)))
    await meanwhile()
    abort.abort()
    await Promise.all(aborted)
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])

    const { signal } = new AbortController()
    const unloaded = [1, 2, 3].map(() =>
      fault('ERR_UNLOADED', registry.execute('forever', [], { limits: endless, signal })),
    )
    await meanwhile()
    await registry.unload('forever')
    await Promise.all(unloaded)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('may end a thousand calls at once', async () => {
    const registry = new PluginRegistry({ concurrency: 2 })
    await registry.loadPlugin(await guest('forever'))
    const abort = new AbortController()
    const calls = Array.from({ length: 1000 }, () =>
      rejection(registry.execute('forever', [], { limits: endless, signal: abort.signal })),
    )
    await meanwhile()
    // Node warns of a leak where there are more than ten.
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
    abort.abort()
    expect(new Set(await Promise.all(calls))).toEqual(new Set([abort.signal.reason]))
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  })

  test('that is aborted after the call changes nothing', async () => {
    const { registry, instance } = await both('counter')
    const abort = new AbortController()
    await registry.execute('counter', [], { signal: abort.signal })
    await instance.execute([], { signal: abort.signal })
    abort.abort()
    expect(await instance.execute([])).toMatchObject({ output: '2' })
    expect(await registry.execute('counter')).toMatchObject({ output: '1' })
  })
})

/** The guest in a registry, and as a live instance. */
async function both(name: string) {
  const plugin = await new PluginLoader().load(await guest(name))
  const registry = new PluginRegistry()
  await registry.register(plugin)
  return { registry, instance: plugin.instance }
}
