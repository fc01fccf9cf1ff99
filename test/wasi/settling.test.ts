import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AutomaticPermissionPrompt, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { endless, meanwhile } from '../calls.js'
import { rejection } from '../fault.js'
import { guest, temporaryDirectory } from '../guest.js'
import { internal } from '../internal.js'
import { asking } from '../permissions/asking.js'
import { pipe, runProgram } from '../system.js'
import { DATA, reading, TEXT, wasiGuest } from './guest.js'

/** How a wait is ended by somebody else, and what its call then rejects with. */
const ends = [
  ['abort', 'AbortError 20'],
  ['unload', 'PluginHostError ERR_UNLOADED'],
  ['close', 'PluginHostError ERR_CLOSED'],
] as const

describe('calls that are ended at any moment', () => {
  test('settle with the reason, and nothing else is left to be rejected', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'data'))
    const capabilities = { fsRead: [{ pattern: join(directory, 'data'), recursive: true }] }
    const modules = {
      [join(directory, 'wasi.wasm')]: await wasiGuest('it', capabilities, '(i32.const 0)'),
      [join(directory, 'plain.wasm')]: await asking('it', capabilities),
    }
    for (const [path, module] of Object.entries(modules)) await writeFile(path, module)
    const { code, stdout, stderr } = await runProgram('end-any-time.mjs', ['600', ...Object.keys(modules)])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { settled, unhandled } = JSON.parse(stdout)
    expect(unhandled).toEqual([])
    const ways = ['20', 'ERR_CLOSED', 'ERR_COMMAND_NOT_FOUND', 'ERR_UNLOADED', 'success']
    expect(ways).toEqual(expect.arrayContaining(Object.keys(settled)))
    expect(settled.success).toBeGreaterThan(0)
  })
})

describe('a guest that sleeps for an hour', () => {
  test.each(ends)('is ended by %s, however many there are', async (end, expected) => {
    const registry = new PluginRegistry({ limits: endless })
    await registry.loadPlugin(await guest('wasi-sleep'))
    const abort = new AbortController()
    const calls = Array.from({ length: 50 }, () =>
      rejection(registry.execute('wasi-sleep', [], { signal: abort.signal })),
    )
    await meanwhile()
    const ending = {
      abort: async () => abort.abort(),
      unload: () => registry.unload('wasi-sleep'),
      close: () => registry.close(),
    }
    await ending[end]()
    for (const error of await Promise.all(calls)) {
      const { name, code } = error as Error & { code: unknown }
      expect(`${name} ${code}`).toBe(expected)
    }
    await registry.close()
  })

  test('ends on the version that it began with, when its file is loaded again', async () => {
    const path = join(await temporaryDirectory(), 'it.wasm')
    const answer = `(memory.copy (i32.const ${TEXT}) (i32.const ${DATA}) (i32.const 3)) (i32.const 3)`
    // A subscription: half a second of the monotonic clock.
    const nap = `
      (i32.store (i32.const 1040) (i32.const 1))
      (i64.store (i32.const 1048) (i64.const 500000000))
      (call $check (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072)))`
    const registry = new PluginRegistry({ limits: endless })
    await writeFile(path, await wasiGuest('it', {}, `${nap} ${answer}`, 'old'))
    await registry.loadPlugin(path)
    const before = registry.execute('it')
    await meanwhile()
    await writeFile(path, await wasiGuest('it', {}, answer, 'new'))
    await registry.reloadByPath(path)
    const after = registry.execute('it')
    expect(await Promise.race([before, after])).toMatchObject({ output: 'new' })
    expect(await before).toMatchObject({ output: 'old' })
    await registry.close()
  })

  test('holds up nobody who comes after it', async () => {
    const registry = new PluginRegistry({ limits: endless, concurrency: 1 })
    await registry.loadPlugin(await guest('wasi-sleep'))
    await registry.loadPlugin(await guest('echo'))
    const sleeping = Array.from({ length: 4 }, () => rejection(registry.execute('wasi-sleep')))
    await meanwhile()
    const awake = await Promise.race([registry.execute('echo', ['awake']), ...sleeping])
    expect(awake).toMatchObject({ output: 'awake' })
    await registry.close()
    await Promise.all(sleeping)
  })
})

describe('a guest that waits for standard input of the process, which stays open', () => {
  test.each(ends)('is ended by %s, and the process ends by itself', async (end, expected) => {
    const directory = await temporaryDirectory()
    const module = join(directory, 'read.wasm')
    const stdin = join(directory, 'stdin')
    await pipe(stdin)
    const code = '(call $read (i32.const 0))'
    await writeFile(module, await wasiGuest('read', { stdio: { stdin: true } }, code))
    const ended = await runProgram('wasi-settle.mjs', [module, end], {
      // Who has both ends of a pipe waits for ever.
      within: ['sh', '-c', 'exec "$@" 0<>"$0"', stdin],
    })
    expect(ended).toMatchObject({ code: 0, stdout: `${expected}\n`, stderr: '' })
  })
})

describe('a directory that takes long to open', () => {
  test.each(ends)('keeps nobody waiting whose call is ended by %s', async (end, expected) => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'data'))
    await writeFile(join(directory, 'data/file'), 'text')
    const registry = new PluginRegistry({
      // Decided, and opened, anew for each execution.
      permissions: { prompt: new AutomaticPermissionPrompt('yes'), granularity: 'execution' },
      wasi: { workingDirectory: directory },
    })
    await registry.loadPlugin(await reading('it', { fsRead: [{ pattern: './data' }] }))
    expect(await registry.execute('it')).toMatchObject({ output: 'text' })
    const { openGrant } = internal.Executor.prototype
    let goOn = () => {}
    const slow = vi.spyOn(internal.Executor.prototype, 'openGrant')
    onTestFinished(() => slow.mockRestore())
    slow.mockImplementation(async function (this: InstanceType<typeof internal.Executor>, ...args) {
      const grant = await openGrant.apply(this, args)
      await new Promise<void>(go => (goOn = go))
      return grant
    })
    const abort = new AbortController()
    const call = rejection(registry.execute('it', [], { signal: abort.signal }))
    await meanwhile()
    const ending = {
      abort: async () => abort.abort(),
      unload: () => registry.unload('it'),
      close: () => registry.close(),
    }
    await ending[end]()
    const { name, code } = (await call) as Error & { code: unknown }
    expect(`${name} ${code}`).toBe(expected)
    goOn()
    await registry.close()
  })
})
