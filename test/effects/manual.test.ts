import { tracingChannel } from 'node:diagnostics_channel'
import {
  type EffectsOption,
  type Executed,
  HotReloadWatcher,
  PermissionPresets,
  PluginRegistry,
  type SuspendedExecution,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endless, meanwhile } from '../calls.js'
import { anyUsage, fault, rejection } from '../fault.js'
import { compile, guest, guestFile, temporaryDirectory } from '../guest.js'
import { data, manifest } from '../permissions/asking.js'

describe("with effects: 'manual'", () => {
  test('an execution returns its effect, and goes on with the result', async () => {
    const registry = await manual('effect-result')
    const suspended = await begin(registry, 'effect-result')
    expect(suspended.effect).toEqual({
      type: 'httpGet',
      id: 0xffff_fffe,
      url: 'http://example.test/',
      headers: [],
    })
    expect(suspended.usage).toEqual({ ...anyUsage, effects: 0 })
    const answer = await suspended.resume({ type: 'http', status: 200, body: '', headers: [] })
    expect(answer).toEqual({ type: 'success', output: 'http', usage: { ...anyUsage, effects: 1 } })
    expect(answer.usage.fuelConsumed).toBeGreaterThan(suspended.usage.fuelConsumed)
  })

  test('one that asks for nothing is as ever', async () => {
    const registry = await manual('echo')
    expect(await registry.execute('echo', ['x'])).toMatchObject({ type: 'success', output: 'x' })
  })

  test('effects come one after the other, at most so many', async () => {
    const registry = await manual('effect-forever')
    let step: Executed<'manual'> = await registry.execute('effect-forever', [], { limits: { maxEffects: 3 } })
    for (let id = 0; id < 2; id += 1) {
      expect(step).toMatchObject({ type: 'effect', effect: { type: 'sleep', id }, usage: { effects: id } })
      step = await resumed(step)
    }
    const { details } = await fault('ERR_TOO_MANY_EFFECTS', resumed(step))
    expect(details).toEqual({ limit: 3, usage: { ...anyUsage, effects: 3 } })
    expect(registry.stats().executions).toEqual({ total: 1, succeeded: 0, errored: 0, faulted: 1 })
  })

  test('one whose caller gives up before it has the effect leaves nothing behind', async () => {
    const registry = new PluginRegistry({
      effects: 'manual',
      permissions: PermissionPresets.testing(),
      wasi: { stdio: 'inherit' },
    })
    const { command } = await registry.loadPlugin(await sleeping())
    for (const end of ['abort', 'unload'] as const) {
      const abort = new AbortController()
      const stop = () => {
        if (end === 'abort') abort.abort()
        else registry.unload(command.name)
      }
      // As late as can be: the guest has asked.
      tracingChannel('sen-plugin-host:execute').asyncEnd.subscribe(stop)
      onTestFinished(() => void tracingChannel('sen-plugin-host:execute').asyncEnd.unsubscribe(stop))
      const error = await rejection(registry.execute(command.name, [], { signal: abort.signal }))
      tracingChannel('sen-plugin-host:execute').asyncEnd.unsubscribe(stop)
      expect(error).toMatchObject(end === 'abort' ? { name: 'AbortError' } : { code: 'ERR_UNLOADED' })
    }
    expect(registry.stats().executions).toEqual({ total: 2, succeeded: 0, errored: 0, faulted: 2 })
    await idle(registry)
    await registry.close()
  })

  test('an effect is answered once', async () => {
    const registry = await manual('effect-sleep')
    const suspended = await begin(registry, 'effect-sleep')
    await suspended.resume({ type: 'sleepComplete' })
    await fault('ERR_CLOSED', suspended.resume({ type: 'sleepComplete' }))
    suspended.close()
  })

  test('what is no result changes nothing', async () => {
    const registry = await manual('effect-sleep')
    const suspended = await begin(registry, 'effect-sleep')
    await fault('ERR_INVALID_ARG', suspended.resume({ type: 'awake' } as never))
    await fault('ERR_INVALID_ARG', suspended.resume({ type: 'sleepComplete' }, { limits: {} } as never))
    expect(
      await rejection(suspended.resume({ type: 'sleepComplete' }, { signal: AbortSignal.abort(1) })),
    ).toBe(1)
    expect(await suspended.resume({ type: 'sleepComplete' })).toMatchObject({ output: 'awake' })
  })

  test('one that is closed gives its instance back, and is over', async () => {
    const registry = await manual('effect-sleep')
    await idle(registry)
    const suspended = await begin(registry, 'effect-sleep')
    expect(registry.stats().instances.executing).toBe(1)
    suspended.close()
    suspended[Symbol.dispose]()
    await idle(registry)
    expect(registry.stats().executions).toEqual({ total: 1, succeeded: 0, errored: 0, faulted: 1 })
    await fault('ERR_CLOSED', suspended.resume({ type: 'sleepComplete' }))
  })

  test('one can be aborted while it runs on', async () => {
    const registry = await manual('forever-in-resume')
    const abort = new AbortController()
    const suspended = suspension(await registry.execute('forever-in-resume', [], { limits: endless }))
    const call = rejection(suspended.resume({ type: 'sleepComplete' }, { signal: abort.signal }))
    await meanwhile()
    abort.abort('enough')
    expect(await call).toBe('enough')
    await idle(registry)
  })

  test('one ends with its plugin, and with its registry', async () => {
    const registry = await manual('effect-sleep')
    const first = await begin(registry, 'effect-sleep')
    await registry.unload('effect-sleep')
    await idle(registry)
    await fault('ERR_UNLOADED', first.resume({ type: 'sleepComplete' }))
    await registry.loadPlugin(await guest('effect-sleep'))
    const second = await begin(registry, 'effect-sleep')
    await registry.close()
    await fault('ERR_CLOSED', second.resume({ type: 'sleepComplete' }))
    expect(registry.stats().executions).toEqual({ total: 2, succeeded: 0, errored: 0, faulted: 2 })
  })

  test('a plugin that cannot be resumed is refused', async () => {
    const registry = await manual('effect-without-resume')
    await fault('ERR_MISSING_EXPORT', registry.execute('effect-without-resume'))
  })

  test('so many may wait that others can still begin', async () => {
    const registry = await manual('effect-sleep')
    const all = await Promise.all(Array.from({ length: 1024 }, () => begin(registry, 'effect-sleep')))
    const { details } = await fault('ERR_BUSY', registry.execute('effect-sleep'))
    expect(details).toMatchObject({ limit: 1024 })
    await registry.loadPlugin(await guest('echo'))
    expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    all[0]?.close()
    ;(await begin(registry, 'effect-sleep')).close()
    for (const suspended of all) suspended.close()
    await idle(registry)
  })

  test('a version that was replaced meanwhile goes on', async () => {
    const path = await guestFile(await temporaryDirectory(), 'effect-sleep')
    const registry = new PluginRegistry({ effects: 'manual' })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(path)
    const suspended = await begin(registry, 'effect-sleep')
    await registry.reloadByPath(path)
    expect(await suspended.resume({ type: 'sleepComplete' })).toMatchObject({ output: 'awake' })
    ;(await begin(registry, 'effect-sleep')).close()
  })
})

describe('the type of a registry', () => {
  test('says whether executions can come back as effects', async () => {
    const plain: PluginRegistry = new PluginRegistry({ effects: { sleep: (_, { next }) => next(_) } })
    const manual: PluginRegistry<'manual'> = new PluginRegistry({ effects: 'manual' })
    // @ts-expect-error Whoever has a registry of any kind has to expect effects.
    const mistaken: PluginRegistry = manual
    expect(mistaken).toBe(manual)
    const any: PluginRegistry<EffectsOption>[] = [plain, manual]
    for (const registry of any) await registry.loadPlugin(await guest('effect-sleep'))
    const answer = await plain.execute('effect-sleep')
    expect(answer.type === 'error' ? answer.message : answer.output).toBe('awake')
    const step = await manual.execute('effect-sleep')
    // @ts-expect-error It may be an effect, which has no output.
    expect(step.type === 'error' ? step.message : step.output).toBe(undefined)
    for (const registry of any) await registry.close()
  })

  test('is kept by a watcher', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'effect-sleep')
    const watcher = await HotReloadWatcher.start(new PluginRegistry({ effects: 'manual' }), [directory])
    const step = await watcher.registry.execute('effect-sleep')
    expect(step.type === 'effect' && (await step.resume({ type: 'sleepComplete' }))).toMatchObject({
      output: 'awake',
    })
    await watcher.close()
    await watcher.registry.close()
  })
})

async function manual(name: string): Promise<PluginRegistry<'manual'>> {
  const registry = new PluginRegistry({ effects: 'manual' })
  onTestFinished(() => registry.close())
  await registry.loadPlugin(await guest(name))
  return registry
}

async function begin(registry: PluginRegistry<'manual'>, command: string): Promise<SuspendedExecution> {
  return suspension(await registry.execute(command))
}

function suspension(step: Executed<'manual'>): SuspendedExecution {
  if (step.type !== 'effect') throw new Error(`it ended with ${step.type}`)
  return step
}

/** A plugin for WASI that may write, and asks for an effect. */
function sleeping(): Promise<Uint8Array> {
  const described = manifest('sleeping', { stdio: { stdout: true } })
  return compile(`(module
    (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 256) "\\81\\a6Effect\\81\\a5Sleep\\82\\a2id\\01\\abduration_ms\\01\\81\\a7Success\\a5awake")
    (data (i32.const 4096) "${data(described)}")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const ${(4096n << 32n) | BigInt(described.length)}))
    (func (export "plugin_resume") (param i32 i32 i32) (result i64) (i64.const 0x121_0000000f))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0x100_00000021)))`)
}

/** Waits until no instance of the process is held for an execution. */
async function idle(registry: PluginRegistry<'manual'>): Promise<void> {
  while (registry.stats().instances.executing > 0) await meanwhile()
}

async function resumed(step: Executed<'manual'>): Promise<Executed<'manual'>> {
  return await suspension(step).resume({ type: 'sleepComplete' })
}
