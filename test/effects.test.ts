import { getEventListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type EffectResult, type PluginInstance, PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { follow, meanwhile } from './calls.js'
import { anyUsage, fault, faultSync, rejection } from './fault.js'
import { compile, guest } from './guest.js'

describe('a live instance hands its effects to whoever called it', () => {
  test('and goes on with the result that it is given', async () => {
    const instance = await live('effect-sleep')
    for (const effect of [await instance.execute([]), instance.executeSync([])]) {
      expect(effect).toEqual({
        type: 'effect',
        effect: { type: 'sleep', id: 1, durationMs: 1 },
        usage: { ...anyUsage, effects: 0 },
      })
      const answer = await instance.resume(1, { type: 'sleepComplete' })
      expect(answer).toEqual({ type: 'success', output: 'awake', usage: { ...anyUsage, effects: 0 } })
    }
  })

  test('under an id up to the largest, with results of every kind', async () => {
    const results: [EffectResult, string][] = [
      [{ type: 'sleepComplete' }, 'sleep'],
      [{ type: 'error', message: 'no' }, 'error'],
      [{ type: 'error', message: '' }, 'error'],
      [{ type: 'http', status: 200, body: 'text', headers: [] }, 'http'],
      [{ type: 'http', status: 404, body: '', headers: [['content-type', 'text/plain']] }, 'http'],
      [
        {
          type: 'http',
          status: 65_535,
          body: 'ä'.repeat(10_000),
          headers: [
            ['a', 'b'],
            ['a', 'c'],
          ],
        },
        'http',
      ],
    ]
    const instance = await live('effect-result')
    for (const [result, output] of results) {
      expect(await instance.execute([])).toMatchObject({
        type: 'effect',
        effect: { type: 'httpGet', id: 0xffff_fffe, url: 'http://example.test/', headers: [] },
      })
      expect(await instance.resume(0xffff_fffe, result)).toMatchObject({ type: 'success', output })
    }
  })

  test('with everything that an HTTP request says', async () => {
    const { instance } = await new PluginLoader().load(await compile(POSTS))
    expect(await instance.execute([])).toMatchObject({
      type: 'effect',
      effect: {
        type: 'httpPost',
        id: 3,
        url: 'u',
        body: 'b',
        contentType: 't',
        headers: [['n', 'v']],
      },
    })
  })

  test('one after the other, without end if nobody ends it', async () => {
    const instance = await live('effect-forever')
    let answer = await instance.execute([])
    for (let id = 0; id < 200; id++) {
      expect(answer).toMatchObject({ type: 'effect', effect: { type: 'sleep', id, durationMs: 0 } })
      answer = await instance.resume(id, { type: 'sleepComplete' })
    }
  })

  test('and may trap when it is resumed, and be called again', async () => {
    const instance = await live('effect-result')
    await instance.execute([])
    await fault('ERR_TRAP', instance.resume(1, { type: 'sleepComplete' }))
    await instance.execute([])
    expect(await instance.resume(0xffff_fffe, { type: 'sleepComplete' })).toMatchObject({ output: 'sleep' })
  })

  test('and is held to its limits when it is resumed', async () => {
    const instance = await live('forever-in-resume')
    for (let round = 0; round < 2; round++) {
      expect(await instance.execute([])).toMatchObject({ type: 'effect' })
      const resuming = instance.resume(1, { type: 'sleepComplete' }, { limits: { fuel: 1000 } })
      expect((await fault('ERR_FUEL_EXHAUSTED', resuming)).details.limit).toBe(1000n)
    }
  })

  test('and can be aborted when it is resumed', async () => {
    const instance = await live('forever-in-resume')
    await instance.execute([])
    const abort = new AbortController()
    const limits = { fuel: 2n ** 63n, timeoutMs: 20_000 }
    const resuming = rejection(
      instance.resume(1, { type: 'sleepComplete' }, { signal: abort.signal, limits }),
    )
    await meanwhile()
    abort.abort()
    expect(await resuming).toBe(abort.signal.reason)
    expect(await instance.execute([])).toMatchObject({ type: 'effect' })
  })

  test('but cannot be resumed where it has no plugin_resume', async () => {
    const instance = await live('effect-without-resume')
    expect(instance.supportsEffects).toBe(false)
    expect((await live('effect-sleep')).supportsEffects).toBe(true)
    expect(await instance.execute([])).toMatchObject({ type: 'effect' })
    const { details } = await fault('ERR_MISSING_EXPORT', instance.resume(1, { type: 'sleepComplete' }))
    expect(details).toMatchObject({ export: 'plugin_resume' })
    expect(await instance.execute([])).toMatchObject({ type: 'effect' })
  })
})

describe('a registry carries effects out itself', () => {
  test('sleeping, and counts it', async () => {
    const registry = await registryOf('effect-sleep')
    const answer = await registry.execute('effect-sleep')
    expect(answer).toEqual({ type: 'success', output: 'awake', usage: { ...anyUsage, effects: 1 } })
  })

  test('and adds up what all the calls into the guest used', async () => {
    const instance = await live('effect-sleep')
    const [execute, resume] = [
      await instance.execute([]),
      await instance.resume(1, { type: 'sleepComplete' }),
    ]
    const { usage } = await (await registryOf('effect-sleep')).execute('effect-sleep')
    expect(usage.fuelConsumed).toBe(execute.usage.fuelConsumed + resume.usage.fuelConsumed)
  })

  test('and refuses the network to a plugin, which hears of it as an error and goes on', async () => {
    const registry = await registryOf('effect-result')
    expect(await registry.execute('effect-result')).toMatchObject({
      type: 'success',
      output: 'error',
      usage: { effects: 1 },
    })
  })

  test('but none where nobody could be told the result', async () => {
    const registry = await registryOf('effect-without-resume')
    const { details } = await fault('ERR_MISSING_EXPORT', registry.execute('effect-without-resume'))
    expect(details).toMatchObject({ export: 'plugin_resume' })

    // One that took an hour if it were carried out.
    const text = await readFile(new URL('guests/effect-sleep-hour.wat', import.meta.url), 'utf8')
    const module = await compile(text.replace('"plugin_resume"', '"another_name"'))
    await registry.loadPlugin(module)
    await fault('ERR_MISSING_EXPORT', registry.execute('effect-sleep-hour'))
  })

  test('but none for a synchronous call, whatever its limit', async () => {
    for (const name of ['effect-sleep', 'effect-http', 'effect-without-resume']) {
      const registry = await registryOf(name)
      for (const limits of [{}, { maxEffects: 0 }, { maxEffects: 10 }]) {
        const error = faultSync('ERR_TOO_MANY_EFFECTS', () => registry.executeSync(name, [], { limits }))
        expect(error.details).toMatchObject({ limit: 0, usage: { effects: 0 } })
      }
    }
  })

  test('and says what was used when the guest fails after an effect', async () => {
    const registry = await registryOf('forever-in-resume')
    const { details } = await fault(
      'ERR_FUEL_EXHAUSTED',
      registry.execute('forever-in-resume', [], { limits: { fuel: 1000 } }),
    )
    expect(details).toEqual({ limit: 1000n, usage: { ...anyUsage, effects: 1 } })
    expect(details.usage.fuelConsumed).toBeGreaterThan(1000n)
  })

  test('for a hundred executions at once', async () => {
    const registry = await registryOf('effect-sleep')
    const answers = await Promise.all(Array.from({ length: 100 }, () => registry.execute('effect-sleep')))
    for (const answer of answers) expect(answer).toMatchObject({ output: 'awake', usage: { effects: 1 } })
  })

  test('for ten thousand executions at once, which are no more than may wait', async () => {
    const registry = await registryOf('effect-sleep')
    const calls = Array.from({ length: 10_000 }, () => registry.execute('effect-sleep'))
    const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')
    expect(refused.length).toBe(0)
  })
})

describe('an execution that sleeps for an hour', () => {
  test('rejects as soon as it is aborted, and lets go of the signal', async () => {
    const registry = await registryOf('effect-sleep-hour')
    for (const reason of [undefined, new Error('enough'), null]) {
      const abort = new AbortController()
      const call = registry.execute('effect-sleep-hour', [], { signal: abort.signal })
      const followed = follow(call)
      await meanwhile()
      expect(followed.state()).toBe('pending')
      abort.abort(reason)
      expect(await rejection(call)).toBe(abort.signal.reason)
      expect(getEventListeners(abort.signal, 'abort')).toEqual([])
    }
  })

  test('rejects as soon as its plugin is unloaded or the registry closed', async () => {
    const registry = await registryOf('effect-sleep-hour')
    const unloaded = fault('ERR_UNLOADED', registry.execute('effect-sleep-hour'))
    await meanwhile()
    await registry.unload('effect-sleep-hour')
    await unloaded

    await registry.loadPlugin(await guest('effect-sleep-hour'))
    const closed = fault('ERR_CLOSED', registry.execute('effect-sleep-hour'))
    await meanwhile()
    await registry.close()
    await closed
  })

  test('holds up nobody: it has no thread while it sleeps', async () => {
    const registry = new PluginRegistry({ concurrency: 1 })
    await registry.loadPlugin(await guest('effect-sleep-hour'))
    await registry.loadPlugin(await guest('echo'))
    const sleeping = Array.from({ length: 10 }, () =>
      fault('ERR_CLOSED', registry.execute('effect-sleep-hour')),
    )
    await meanwhile()
    expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    await registry.close()
    await Promise.all(sleeping)
  })

  test('runs on as it was when it is a live instance that is told that the hour is over', async () => {
    const instance = await live('effect-sleep-hour')
    expect(await instance.execute([])).toMatchObject({ effect: { type: 'sleep', durationMs: 3_600_000 } })
    expect(await instance.resume(1, { type: 'sleepComplete' })).toMatchObject({ output: 'awake' })
  })
})

const POSTS = `(module
  (memory (export "memory") 1)
  (data (i32.const 16) "\\92\\02\\92\\a4post\\a0")
  (data (i32.const 256) "\\81\\a6Effect\\81\\a8HttpPost\\95\\03\\a1u\\a1b\\a1t\\91\\92\\a1n\\a1v")
  (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000009))
  (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0x100_00000020)))`

async function live(name: string): Promise<PluginInstance> {
  return (await new PluginLoader().load(await guest(name))).instance
}

async function registryOf(name: string): Promise<PluginRegistry> {
  const registry = new PluginRegistry()
  await registry.loadPlugin(await guest(name))
  return registry
}
