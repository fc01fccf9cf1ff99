import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type ExecuteTrace,
  type LoadTrace,
  PluginLoader,
  PluginRegistry,
  PluginScanner,
  type ReloadEvent,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endless, meanwhile } from './calls.js'
import { anyUsage, fault, faultSync, rejection } from './fault.js'
import { answering, guest, guestFile, plugin, temporaryDirectory } from './guest.js'
import { program, runProgram } from './system.js'

const EXECUTE = 'sen-plugin-host:execute'
const LOAD = 'sen-plugin-host:load'
const RELOAD = 'sen-plugin-host:reload'

describe('a call of execute', () => {
  test('is published from its start to its end, in one object', async () => {
    const path = plugin('hello')
    const registry = new PluginRegistry()
    const loaded = await new PluginLoader().load(path)
    const { digest } = loaded
    await registry.register(loaded)
    const { names, traces, events } = record<ExecuteTrace>(EXECUTE)
    const result = await registry.execute('hello', ['a secret'])
    expect(names()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(traces.size).toBe(1)
    const begun = { registry, command: 'hello', digest, path, argCount: 1, sync: false }
    const { version } = loaded.manifest.command
    expect(events[0]?.trace).toEqual({ ...begun, ...(version === undefined ? {} : { version }) })
    expect(events[1]?.trace).toEqual(events[0]?.trace)
    for (const { trace } of events.slice(2)) {
      expect(trace).toMatchObject({ ...begun, outcome: 'success', usage: result.usage })
      expect(trace.result).toBe(result)
      expect(trace).not.toHaveProperty('error')
    }
  })

  test('says the version of its plugin where the manifest has one, and no path where there is none', async () => {
    const registry = await registryOf('echo')
    const { events } = record<ExecuteTrace>(EXECUTE)
    await registry.execute('echo')
    expect(events[0]?.trace).not.toHaveProperty('path')
    expect(events[0]?.trace.version).toBe(registry.getManifest('echo')?.command.version)
  })

  test('whose plugin answers an error ends without an exception', async () => {
    const registry = await registryOf('error-code-42')
    const { names, last } = record<ExecuteTrace>(EXECUTE)
    await registry.execute('error-code-42')
    expect(names()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(last()).toMatchObject({ outcome: 'error', usage: anyUsage, result: { type: 'error', code: 42 } })
    expect(last()).not.toHaveProperty('error')
  })

  test('that faults says with what, and what it used', async () => {
    const registry = await registryOf('trap-unreachable', 'forever')
    for (const [command, code] of [
      ['trap-unreachable', 'ERR_TRAP'],
      ['forever', 'ERR_FUEL_EXHAUSTED'],
    ] as const) {
      const { names, last, traces } = record<ExecuteTrace>(EXECUTE)
      const error = await fault(code, registry.execute(command))
      expect(names()).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
      expect(traces.size).toBe(1)
      expect(last()).toMatchObject({ outcome: 'fault', usage: error.details.usage })
      expect(last()?.error).toBe(error)
      expect(last()).not.toHaveProperty('result')
    }
  })

  test('that is aborted ends with the signal’s reason', async () => {
    const registry = await registryOf('forever')
    const { names, last } = record<ExecuteTrace>(EXECUTE)
    const abort = new AbortController()
    const call = rejection(registry.execute('forever', [], { limits: endless, signal: abort.signal }))
    await Promise.resolve()
    expect(names()).toEqual(['start', 'end'])
    abort.abort('enough')
    await call
    expect(names()).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
    expect(last()).toMatchObject({ outcome: 'fault', error: 'enough' })
    expect(last()).not.toHaveProperty('usage')
  })

  test('that waits for an effect is one call, with the receipt of all of it', async () => {
    const registry = await registryOf('effect-sleep')
    const { names, last } = record<ExecuteTrace>(EXECUTE)
    const { usage } = await registry.execute('effect-sleep')
    expect(names()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(usage.effects).toBe(1)
    expect(last()).toMatchObject({ outcome: 'success', usage })
  })

  test('has an object of its own among a thousand that are made at once', async () => {
    const registry = await registryOf('echo')
    const { names, traces } = record<ExecuteTrace>(EXECUTE)
    await Promise.all(Array.from({ length: 1000 }, (_, number) => registry.execute('echo', [`${number}`])))
    expect(traces.size).toBe(1000)
    expect(names().filter(name => name === 'asyncEnd')).toHaveLength(1000)
    for (const { outcome } of traces) expect(outcome).toBe('success')
  })

  test('faults with a stack that leads to its caller, as without anybody listening', async () => {
    const registry = await registryOf('forever')
    record(EXECUTE)
    const caller = async () => await registry.execute('forever')
    const { stack } = await fault('ERR_FUEL_EXHAUSTED', caller())
    expect(stack).toContain('caller')
  })

  test('can be made as deep in JavaScript as ever, and settles', async () => {
    const path = await guestFile(await temporaryDirectory(), 'recurse')
    const { stdout } = await runProgram('begin-deep.mjs', [path], {
      flags: ['--import', pathToFileURL(program('listen.mjs')).href],
      // How the process ends by itself is not what this is about.
      onOutput: (_, kill) => kill('SIGKILL'),
    })
    expect(JSON.parse(stdout)).toEqual({
      begun: 200,
      others: 0,
      last: 'ERR_STACK_OVERFLOW',
      later: 'ERR_STACK_OVERFLOW',
    })
  })
})

describe('a call of executeSync', () => {
  test('is over with its end', async () => {
    const registry = await registryOf('echo', 'error-code-42')
    const echo = record<ExecuteTrace>(EXECUTE)
    const result = registry.executeSync('echo', ['x', 'y'])
    expect(echo.names()).toEqual(['start', 'end'])
    expect(echo.events[0]?.trace).toMatchObject({ command: 'echo', argCount: 2, sync: true })
    expect(echo.events[0]?.trace).not.toHaveProperty('outcome')
    expect(echo.last()).toMatchObject({ outcome: 'success', usage: result.usage })
    expect(echo.last()?.result).toBe(result)
    expect(echo.traces.size).toBe(1)

    const error = record<ExecuteTrace>(EXECUTE)
    registry.executeSync('error-code-42')
    expect(error.names()).toEqual(['start', 'end'])
    expect(error.last()).toMatchObject({ outcome: 'error' })
  })

  test('that faults says so before its end', async () => {
    const registry = await registryOf('trap-unreachable', 'effect-sleep')
    for (const [command, code] of [
      ['trap-unreachable', 'ERR_TRAP'],
      ['effect-sleep', 'ERR_TOO_MANY_EFFECTS'],
    ] as const) {
      const { names, last } = record<ExecuteTrace>(EXECUTE)
      const error = faultSync(code, () => registry.executeSync(command))
      expect(names()).toEqual(['start', 'error', 'end'])
      expect(last()).toMatchObject({ outcome: 'fault', usage: anyUsage })
      expect(last()?.error).toBe(error)
    }
  })
})

describe('nothing is published', () => {
  test('of a call that is refused before it gets to a plugin', async () => {
    const registry = await registryOf('echo', 'capabilities-fs')
    const { names } = record<ExecuteTrace>(EXECUTE)
    await fault('ERR_COMMAND_NOT_FOUND', registry.execute('ech'))
    await fault('ERR_PERMISSION_DENIED', registry.execute('capabilities-fs'))
    await fault('ERR_INVALID_ARG', registry.execute('echo', [1] as never))
    await rejection(registry.execute('echo', [], { signal: AbortSignal.abort() }))
    faultSync('ERR_COMMAND_NOT_FOUND', () => registry.executeSync('ech'))
    expect(names()).toEqual([])
  })

  test('to whoever no longer listens', async () => {
    const registry = await registryOf('echo')
    const { names, stop } = record<ExecuteTrace>(EXECUTE)
    await registry.execute('echo')
    stop()
    await registry.execute('echo')
    registry.executeSync('echo')
    expect(names()).toHaveLength(4)
    expect(tracingChannel(EXECUTE).hasSubscribers).toBe(false)
  })

  test('of a call that had begun before anybody listened', async () => {
    const registry = await registryOf('forever')
    const abort = new AbortController()
    const call = rejection(registry.execute('forever', [], { limits: endless, signal: abort.signal }))
    const { names } = record<ExecuteTrace>(EXECUTE)
    abort.abort()
    await call
    expect(names()).toEqual([])
  })
})

describe('who listens', () => {
  test.each(['start', 'end', 'asyncEnd'] as const)('may listen to %s alone', async name => {
    const registry = await registryOf('echo')
    const heard: unknown[] = []
    const hear = (trace: unknown) => heard.push(trace)
    const channel = `tracing:${EXECUTE}:${name}`
    subscribe(channel, hear)
    onTestFinished(() => void unsubscribe(channel, hear))
    await registry.execute('echo')
    expect(heard).toMatchObject([{ command: 'echo' }])
  })

  test('may throw: the call goes on, and Node reports an exception that nobody caught', async () => {
    const { code, stdout } = await runProgram('throwing-subscriber.mjs', [plugin('hello')])
    expect({ code, printed: JSON.parse(stdout) }).toEqual({
      code: 0,
      printed: {
        outputs: ['Hello, World!', 'Hello, World!'],
        uncaught: ['load', 'start', 'end', 'asyncStart', 'asyncEnd', 'start', 'end'],
      },
    })
  })

  test('can bind a store, which is there from the start of a call to its end', async () => {
    const registry = await registryOf('effect-sleep', 'trap-unreachable')
    const storage = new AsyncLocalStorage<string>()
    const { start } = tracingChannel<unknown, ExecuteTrace>(EXECUTE)
    start.bindStore(storage, ({ command }) => `in ${command}`)
    onTestFinished(() => void start.unbindStore(storage))
    const { stores } = record<ExecuteTrace>(EXECUTE, storage)
    await storage.run('outside', async () => {
      await registry.execute('effect-sleep')
      expect(storage.getStore()).toBe('outside')
      expect(new Set(stores())).toEqual(new Set(['in effect-sleep']))
      await fault('ERR_TRAP', registry.execute('trap-unreachable'))
      expect(new Set(stores().slice(4))).toEqual(new Set(['in trap-unreachable']))
      faultSync('ERR_TRAP', () => registry.executeSync('trap-unreachable'))
      expect(storage.getStore()).toBe('outside')
      expect(stores()).toHaveLength(12)
    })
  })

  test('is called in the context of the caller, call by call', async () => {
    const registry = await registryOf('echo', 'effect-sleep')
    const storage = new AsyncLocalStorage<string>()
    const { events } = record<ExecuteTrace>(EXECUTE, storage)
    const calls = Array.from({ length: 200 }, (_, number) => {
      const command = number % 2 === 0 ? 'echo' : 'effect-sleep'
      return storage.run(`${number}`, () => registry.execute(command, Array(number).fill('')))
    })
    await Promise.all(calls)
    expect(events).toHaveLength(800)
    for (const { trace, store } of events) expect(store).toBe(`${trace.argCount}`)
  })
})

describe('loading', () => {
  test('is published, with what was loaded, from a file or from bytes', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const module = await guest('echo')
    const bytes = module.byteLength
    for (const source of [path, module]) {
      const { names, events, last, traces } = record<LoadTrace>(LOAD)
      const loaded = await new PluginLoader().load(source)
      expect(names()).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
      expect(traces.size).toBe(1)
      const from = source === path ? { path } : {}
      expect(events[0]?.trace).toEqual(from)
      const { digest } = loaded
      expect(last()).toEqual({
        ...from,
        bytes,
        digest,
        command: 'echo',
        durationMs: expect.any(Number),
        result: loaded,
      })
      expect(last()?.result).toBe(loaded)
    }
  })

  test('that fails says why, with what is known of the module', async () => {
    const directory = await temporaryDirectory()
    const broken = join(directory, 'broken.wasm')
    await writeFile(broken, 'no module')
    const missing = join(directory, 'missing.wasm')
    for (const [source, known] of [
      [broken, { path: broken, bytes: 9 }],
      [missing, { path: missing }],
      [Buffer.alloc(2 ** 24 + 1), { bytes: 2 ** 24 + 1 }],
      [await guest('trap-in-manifest'), { bytes: (await guest('trap-in-manifest')).byteLength }],
    ] as const) {
      const { names, last } = record<LoadTrace>(LOAD)
      const error = await rejection(new PluginLoader().load(source))
      expect(names()).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
      expect(last()).toEqual({ ...known, durationMs: expect.any(Number), error })
      expect(last()?.error).toBe(error)
    }
  })

  test('is published whoever loads: a registry, and a scanner file by file', async () => {
    const directory = await temporaryDirectory()
    const files = [await guestFile(directory, 'echo'), await guestFile(directory, 'busy')].sort()
    await writeFile(join(directory, 'x.wasm'), 'no module')
    const byRegistry = record<LoadTrace>(LOAD)
    await new PluginRegistry().loadPlugin(files[0] as string)
    expect(byRegistry.last()).toMatchObject({ path: files[0], command: 'busy' })
    byRegistry.stop()
    const { names, traces } = record<LoadTrace>(LOAD)
    await new PluginScanner().scanDirectory(directory)
    expect([...traces].map(({ path = '' }) => basename(path)).sort()).toEqual([
      'busy.wasm',
      'echo.wasm',
      'x.wasm',
    ])
    expect(names().filter(name => name === 'error')).toHaveLength(1)
  })

  test('is not published where the source is none', async () => {
    const { names } = record<LoadTrace>(LOAD)
    await fault('ERR_INVALID_ARG', new PluginLoader().load(1 as never))
    expect(names()).toEqual([])
  })
})

describe('a reload', () => {
  test('is published when a file’s plugin is replaced by what the file holds now', async () => {
    const path = join(await temporaryDirectory(), 'plugin.wasm')
    const heard = reloads()
    const registry = new PluginRegistry()
    await writeFile(path, await answering('before', 'one'))
    await registry.loadPlugin(path)
    expect(heard).toEqual([])
    const previousDigest = (await new PluginLoader().load(path)).digest
    await writeFile(path, await answering('after', 'two'))
    await registry.reloadByPath(path)
    const { digest } = await new PluginLoader().load(path)
    expect(heard).toEqual([{ registry, command: 'after', path, digest, previousDigest }])
    expect(digest).not.toBe(previousDigest)
    await registry.loadPlugin(path)
    expect(heard).toMatchObject([{}, { command: 'after', digest, previousDigest: digest }])
  })

  test('that fails, or that was none, is not', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'echo')
    const heard = reloads()
    const registry = new PluginRegistry()
    await registry.reloadByPath(path)
    await writeFile(path, 'no module')
    await fault('ERR_INVALID_MODULE', registry.reloadByPath(path))
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(await guestFile(directory, 'echo', 'other.wasm')))
    await registry.unload('echo')
    await guestFile(directory, 'echo')
    await registry.loadPlugin(path).catch(() => {})
    await meanwhile()
    expect(heard).toEqual([])
  })
})

async function registryOf(...guests: string[]): Promise<PluginRegistry> {
  const registry = new PluginRegistry()
  for (const name of guests) await registry.loadPlugin(await guest(name))
  return registry
}

/** An event: which it was, what its object said at the time, and the store in which it was heard. */
interface Heard<T> {
  readonly name: string
  readonly trace: T
  readonly store: unknown
}

/** Listens to all of a tracing channel for as long as the test lasts. */
function record<T extends object>(channel: string, storage?: AsyncLocalStorage<unknown>) {
  const events: Heard<T>[] = []
  const traces = new Set<T>()
  const hear = (name: string) => (trace: T) => {
    events.push({ name, trace: { ...trace }, store: storage?.getStore() })
    traces.add(trace)
  }
  const tracing = tracingChannel<unknown, T>(channel)
  const subscribers = {
    start: hear('start'),
    end: hear('end'),
    asyncStart: hear('asyncStart'),
    asyncEnd: hear('asyncEnd'),
    error: hear('error'),
  }
  tracing.subscribe(subscribers)
  const stop = () => void tracing.unsubscribe(subscribers)
  onTestFinished(stop)
  return {
    events,
    traces,
    stop,
    names: () => events.map(({ name }) => name),
    stores: () => events.map(({ store }) => store),
    last: () => events.at(-1)?.trace,
  }
}

/** What is published of reloads for as long as the test lasts. */
function reloads(): ReloadEvent[] {
  const heard: ReloadEvent[] = []
  const hear = (event: unknown) => heard.push(event as ReloadEvent)
  subscribe(RELOAD, hear)
  onTestFinished(() => void unsubscribe(RELOAD, hear))
  return heard
}
