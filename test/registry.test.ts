import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type LoadedPlugin, PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { endless, follow, meanwhile } from './calls.js'
import { anyUsage, fault, faultSync, rejection } from './fault.js'
import { answering, compile, guest, guestFile, plugin, slowToCompile, temporaryDirectory } from './guest.js'

const LOOKS_WHERE_FILL_LOOP_FILLS = `(module
  (memory (export "memory") 17)
  (data (i32.const 16) "\\92\\02\\92\\a4look\\a0")
  (data (i32.const 256) "\\81\\a7Success\\a5clean\\81\\a7Success\\a5dirty")
  (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000009))
  (func (export "plugin_execute") (param i32 i32) (result i64)
    (select (i64.const 0x10f_0000000f) (i64.const 0x100_0000000f)
      (i64.ne (i64.or (i64.load (i32.const 65536)) (i64.load (i32.const 1000000))) (i64.const 0)))))`

/** Words that every JavaScript object knows. */
const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']

describe('a registry', () => {
  test('is empty at first', () => {
    const registry = new PluginRegistry()
    expect(registry.isEmpty).toBe(true)
    expect(registry.size).toBe(0)
    expect(registry.listCommands()).toEqual([])
    expect(registry.getAllManifests()).toEqual([])
  })

  test('loads from bytes, a path, and a URL, and says with what manifest', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    for (const source of [await guest('echo'), path, relative(process.cwd(), path), pathToFileURL(path)]) {
      const registry = new PluginRegistry()
      const manifest = await registry.loadPlugin(source)
      expect(manifest).toMatchObject({ apiVersion: 2, command: { name: 'echo' } })
      expect(Object.isFrozen(manifest.command)).toBe(true)
      expect(registry.getManifest('echo')).toBe(manifest)
      expect(await registry.execute('echo', ['x'])).toMatchObject({ type: 'success', output: 'x' })
    }
  })

  test('takes a plugin that was loaded elsewhere', async () => {
    const loaded = await new PluginLoader().load(await guest('echo'))
    const registry = new PluginRegistry()
    expect(await registry.register(loaded)).toBe(loaded.manifest)
    expect(await registry.execute('echo', ['x'])).toMatchObject({ type: 'success', output: 'x' })
  })

  test('lists commands and manifests in order, whatever the order they came in', async () => {
    const registry = new PluginRegistry()
    for (const name of ['b', 'B', 'a-b', 'a', '10', '9', 'a.b']) {
      await registry.loadPlugin(await answering(name, 'ok'))
    }
    const sorted = ['10', '9', 'B', 'a', 'a-b', 'a.b', 'b']
    expect(registry.listCommands()).toEqual(sorted)
    expect(registry.getAllManifests().map(({ command }) => command.name)).toEqual(sorted)
    expect(registry.size).toBe(7)
    expect(registry.isEmpty).toBe(false)
  })

  test('knows the commands that it has and no others', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    expect(registry.hasCommand('echo')).toBe(true)
    for (const name of ['ech', 'Echo', 'echo ', '', ...inherited]) {
      expect(registry.hasCommand(name)).toBe(false)
      expect(registry.getManifest(name)).toBeUndefined()
      expect(await registry.unload(name)).toBe(false)
    }
  })

  test('runs the examples', async () => {
    const registry = new PluginRegistry()
    for (const name of ['hello', 'greet', 'wc', 'fail']) await registry.loadPlugin(plugin(name))
    expect(await registry.execute('hello')).toMatchObject({ type: 'success', output: 'Hello, World!' })
    expect(registry.executeSync('hello', ['Ada'])).toMatchObject({ type: 'success', output: 'Hello, Ada!' })
    expect(await registry.execute('greet', ['--style'])).toMatchObject({ type: 'error', code: 1 })
    expect(await registry.execute('fail', ['system', 'no'])).toMatchObject({
      type: 'error',
      code: 101,
      message: 'no',
    })
    await fault('ERR_TRAP', registry.execute('fail', ['panic']))
    await fault('ERR_MEMORY_LIMIT', registry.execute('fail', ['memory']))
    await fault('ERR_STACK_OVERFLOW', registry.execute('fail', ['stack']))
    expect(await registry.execute('hello')).toMatchObject({ type: 'success' })
  })

  test('gives every execution an instance that nobody used before', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('dirty'))
    await registry.loadPlugin(await guest('counter'))
    const awaited = Array.from({ length: 1000 }, () => registry.execute('dirty'))
    expect((await Promise.all(awaited)).filter(answer => output(answer) !== 'clean')).toEqual([])
    for (let execution = 0; execution < 1000; execution++) {
      expect(output(registry.executeSync('dirty'))).toBe('clean')
    }
    for (let execution = 0; execution < 10; execution++) {
      expect(output(await registry.execute('counter'))).toBe('1')
    }
  })

  test('lets nobody find what another plugin left in memory, which was ended while it filled it', async () => {
    const registry = new PluginRegistry({ concurrency: 1 })
    await registry.loadPlugin(await guest('fill-loop'))
    await registry.loadPlugin(await compile(LOOKS_WHERE_FILL_LOOP_FILLS))
    for (let execution = 0; execution < 20; execution++) {
      await fault('ERR_FUEL_EXHAUSTED', registry.execute('fill-loop'))
      expect(output(await registry.execute('look'))).toBe('clean')
    }
  })

  test('does not share an instance with the plugin that was registered', async () => {
    const loaded = await new PluginLoader().load(await guest('counter'))
    const registry = new PluginRegistry()
    await registry.register(loaded)
    await loaded.instance.execute([])
    expect(output(await registry.execute('counter'))).toBe('1')
    expect(await loaded.instance.execute([])).toMatchObject({ output: '2' })
  })
})

describe('a command that is not there', () => {
  test('is said to be missing, with the commands that may have been meant', async () => {
    const registry = new PluginRegistry()
    for (const name of ['deploy', 'delete', 'status']) await registry.loadPlugin(await answering(name, 'ok'))
    const missing = (command: string, suggestions: string[]) => ({ command, suggestions })
    for (const [command, suggestions] of [
      ['deplyo', ['deploy']],
      ['delet', ['delete']],
      ['stat', ['status']],
      ['xyz', []],
      ['', []],
      ['x'.repeat(2 ** 20), []],
    ] as const) {
      const expected = missing(command, [...suggestions])
      expect((await fault('ERR_COMMAND_NOT_FOUND', registry.execute(command))).details).toEqual(expected)
      const thrown = faultSync('ERR_COMMAND_NOT_FOUND', () => registry.executeSync(command))
      expect(thrown.details).toEqual(expected)
    }
  })

  test.each(inherited)('%s is missing like any other', async command => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    const expected = { command, suggestions: [] }
    expect((await fault('ERR_COMMAND_NOT_FOUND', registry.execute(command))).details).toEqual(expected)
  })

  test('a plugin may be called constructor, and is then found under that name', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('name-constructor'))
    expect(registry.listCommands()).toEqual(['constructor'])
    expect(registry.getManifest('constructor')?.command.name).toBe('constructor')
    expect(output(await registry.execute('constructor'))).toBe('ok')
    const { details } = await fault('ERR_COMMAND_NOT_FOUND', registry.execute('constructr'))
    expect(details.suggestions).toEqual(['constructor'])
    expect(await registry.unload('constructor')).toBe(true)
    expect(registry.hasCommand('constructor')).toBe(false)
  })
})

describe('unloading', () => {
  test('takes a command out, once', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    expect(await registry.unload('echo')).toBe(true)
    expect(await registry.unload('echo')).toBe(false)
    expect(registry.isEmpty).toBe(true)
    await fault('ERR_COMMAND_NOT_FOUND', registry.execute('echo'))
  })

  test('by path takes out what came from that file, and says which command it was', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    for (const source of [path, relative(process.cwd(), path), pathToFileURL(path)]) {
      const registry = new PluginRegistry()
      await registry.loadPlugin(path)
      expect(await registry.unloadByPath(source)).toBe('echo')
      expect(await registry.unloadByPath(source)).toBeUndefined()
      expect(registry.isEmpty).toBe(true)
    }
  })

  test('by path finds nothing where the same bytes came from elsewhere', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    expect(await registry.unloadByPath(path)).toBeUndefined()
    expect(registry.listCommands()).toEqual(['echo'])
  })

  test('by path takes a path or a URL, and says no more than that', async () => {
    const bytes = (await guest('echo')) as unknown as string
    const error = await fault('ERR_INVALID_ARG', new PluginRegistry().unloadByPath(bytes))
    expect(error.details).toEqual({ name: 'path' })
    expect(error.message).not.toContain('Uint8Array')
  })

  test('needs no file that is still there', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const registry = new PluginRegistry()
    await registry.loadPlugin(path)
    await rm(path)
    expect(await registry.unloadByPath(path)).toBe('echo')
  })

  test('leaves a place that the same plugin can be loaded into again', async () => {
    const registry = new PluginRegistry()
    for (let round = 0; round < 3; round++) {
      await registry.loadPlugin(await guest('echo'))
      expect(output(await registry.execute('echo', ['x']))).toBe('x')
      await registry.unload('echo')
    }
  })

  test('stops what runs, and only that command', async () => {
    const registry = new PluginRegistry({ concurrency: 2 })
    await registry.loadPlugin(await guest('forever'))
    await registry.loadPlugin(await guest('fill-loop'))
    const stopped = fault('ERR_UNLOADED', registry.execute('forever', [], { limits: endless }))
    const abort = new AbortController()
    const other = registry.execute('fill-loop', [], { limits: endless, signal: abort.signal })
    const followed = follow(other)
    await meanwhile()
    await registry.unload('forever')
    await stopped
    await meanwhile()
    expect(followed.state()).toBe('pending')
    abort.abort()
    expect(await rejection(other)).toBe(abort.signal.reason)
  })
})

describe('loading a file again', () => {
  test('is a reload: the command is what the file holds now', async () => {
    const { registry, path, write } = await withFile('same', 'one')
    for (const reload of [
      () => registry.reloadByPath(path),
      () => registry.loadPlugin(path),
      () => registry.reloadByPath(pathToFileURL(path)),
      () => registry.reloadByPath(relative(process.cwd(), path)),
    ]) {
      await write('same', 'one')
      await reload()
      expect(output(await registry.execute('same'))).toBe('one')
      await write('same', 'two')
      expect((await reload()).command.name).toBe('same')
      expect(output(await registry.execute('same'))).toBe('two')
      expect(output(registry.executeSync('same'))).toBe('two')
      expect(registry.size).toBe(1)
    }
  })

  test('may change the name of the command', async () => {
    const { registry, path, write } = await withFile('before', 'one')
    await write('after', 'two')
    expect((await registry.reloadByPath(path)).command.name).toBe('after')
    expect(registry.listCommands()).toEqual(['after'])
    expect(output(await registry.execute('after'))).toBe('two')
    expect(await registry.unloadByPath(path)).toBe('after')
  })

  test('loads a file that was not loaded yet', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const registry = new PluginRegistry()
    expect((await registry.reloadByPath(path)).command.name).toBe('echo')
    expect(output(await registry.execute('echo', ['x']))).toBe('x')
  })

  test('keeps the old version where the new one is bad', async () => {
    const { registry, path } = await withFile('same', 'one')
    const manifest = registry.getManifest('same')
    for (const [code, bytes] of [
      ['ERR_INVALID_MODULE', Buffer.from('no module')],
      ['ERR_INVALID_MODULE', Buffer.alloc(0)],
      ['ERR_MISSING_EXPORT', await guest('missing-execute')],
      ['ERR_INVALID_MANIFEST', await guest('name-proto')],
      ['ERR_FUEL_EXHAUSTED', await guest('forever-in-manifest')],
      ['ERR_TRAP', await guest('trap-in-manifest')],
    ] as const) {
      await writeFile(path, bytes)
      await fault(code, registry.reloadByPath(path))
      expect(registry.getManifest('same')).toBe(manifest)
      expect(output(await registry.execute('same'))).toBe('one')
    }
    await rm(path)
    expect(await rejection(registry.reloadByPath(path))).toMatchObject({ code: 'ENOENT', path })
    expect(output(await registry.execute('same'))).toBe('one')
  })

  test('lets a call that runs on the old version go on', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'forever', 'plugin.wasm')
    const registry = new PluginRegistry()
    await registry.loadPlugin(path)
    const abort = new AbortController()
    const call = registry.execute('forever', [], { limits: endless, signal: abort.signal })
    const followed = follow(call)
    await meanwhile()
    await writeFile(path, await answering('forever', 'new'))
    await registry.reloadByPath(path)
    expect(output(await registry.execute('forever'))).toBe('new')
    await meanwhile()
    expect(followed.state()).toBe('pending')
    abort.abort()
    expect(await rejection(call)).toBe(abort.signal.reason)
  })

  test('lets a call that waits for its turn end on the version that it was made for', async () => {
    const { registry, path, write } = await withFile('same', 'old', 1)
    await registry.loadPlugin(await guest('forever'))
    const abort = new AbortController()
    const before = rejection(registry.execute('forever', [], { limits: endless, signal: abort.signal }))
    const [first, second] = [registry.execute('same'), registry.execute('same')]
    await write('same', 'new')
    await registry.reloadByPath(path)
    const third = registry.execute('same')
    abort.abort()
    await before
    expect([output(await first), output(await second), output(await third)]).toEqual(['old', 'old', 'new'])
  })

  test('lets an effect that the old version waits for come to its end', async () => {
    const path = await guestFile(await temporaryDirectory(), 'effect-sleep', 'plugin.wasm')
    const registry = new PluginRegistry()
    await registry.loadPlugin(path)
    const calls = Array.from({ length: 50 }, () => registry.execute('effect-sleep'))
    await writeFile(path, await answering('effect-sleep', 'new'))
    await registry.reloadByPath(path)
    for (const call of calls) expect(output(await call)).toBe('awake')
    expect(output(await registry.execute('effect-sleep'))).toBe('new')
  })

  test('and then closing the registry stops the calls on old versions too', async () => {
    const path = await guestFile(await temporaryDirectory(), 'forever', 'plugin.wasm')
    const registry = new PluginRegistry()
    await registry.loadPlugin(path)
    const call = fault('ERR_CLOSED', registry.execute('forever', [], { limits: endless }))
    await meanwhile()
    await writeFile(path, await answering('forever', 'new'))
    await registry.reloadByPath(path)
    await registry.close()
    await call
  })

  test('ends with the newest version, however long an older one takes to compile', async () => {
    const path = join(await temporaryDirectory(), 'plugin.wasm')
    await writeFile(path, await slowToCompile('old'))
    const registry = new PluginRegistry()
    const older = registry.loadPlugin(path).catch(() => {})
    // Through the same queue of reads as the registry's: by then it has read the file.
    for (let read = 0; read < 10; read++) await readFile(path)
    await writeFile(`${path}.new`, await answering('new', 'ok'))
    await rename(`${path}.new`, path)
    const newer = registry.reloadByPath(path)
    await Promise.all([older, newer])
    expect(registry.listCommands()).toEqual(['new'])
  })
})

describe('two plugins with one command', () => {
  test('the second file is refused, and the first serves on', async () => {
    const { registry, files } = await withFiles()
    const [first, second] = files
    await registry.loadPlugin(first)
    const { details } = await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(second))
    expect(details).toEqual({ command: 'same', path: second, owner: first })
    expect(output(await registry.execute('same'))).toBe('0')
    expect(registry.size).toBe(1)
  })

  test('bytes have no path to name', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(await answering('same', 'bytes'))
    const { details } = await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[0]))
    expect(details).toEqual({ command: 'same', path: files[0] })
    const again = await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(await answering('same', 'more')))
    expect(again.details).toEqual({ command: 'same' })
    expect(output(await registry.execute('same'))).toBe('bytes')
  })

  test('a plugin that is registered conflicts like one that is loaded', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    const loaded = await new PluginLoader().load(files[1])
    const { details } = await fault('ERR_COMMAND_CONFLICT', registry.register(loaded))
    expect(details).toEqual({ command: 'same', path: files[1], owner: files[0] })
  })

  test('when the owner goes, the others take over in the order in which they came', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[1]))
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[2]))
    expect(await registry.unload('same')).toBe(true)
    expect(output(await registry.execute('same'))).toBe('1')
    expect(registry.size).toBe(1)
    expect(await registry.unloadByPath(files[1])).toBe('same')
    expect(output(await registry.execute('same'))).toBe('2')
    expect(await registry.unload('same')).toBe(true)
    expect(registry.isEmpty).toBe(true)
  })

  test('when the owner takes another name, the next in line takes over', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[1]))
    await writeFile(files[0], await answering('other', 'renamed'))
    await registry.reloadByPath(files[0])
    expect(registry.listCommands()).toEqual(['other', 'same'])
    expect(output(await registry.execute('same'))).toBe('1')
  })

  test('one that waits in line can be taken out of it', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[1]))
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[2]))
    expect(await registry.unloadByPath(files[1])).toBe('same')
    expect(output(await registry.execute('same'))).toBe('0')
    await registry.unload('same')
    expect(output(await registry.execute('same'))).toBe('2')
  })

  test('one that waits in line and is loaded again takes over with its newest version', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[1]))
    await writeFile(files[1], await answering('same', 'newest'))
    await fault('ERR_COMMAND_CONFLICT', registry.reloadByPath(files[1]))
    await registry.unload('same')
    expect(output(await registry.execute('same'))).toBe('newest')
  })

  test('one that waits in line and takes a free name leaves the line', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[1]))
    await writeFile(files[1], await answering('free', 'ok'))
    await registry.reloadByPath(files[1])
    expect(registry.listCommands()).toEqual(['free', 'same'])
    await registry.unload('same')
    expect(registry.listCommands()).toEqual(['free'])
  })

  test('bytes do not wait in line', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(await answering('same', 'bytes')))
    await registry.unload('same')
    expect(registry.isEmpty).toBe(true)
  })

  test('a file whose new version wants the name of another keeps its old version', async () => {
    const { registry, files } = await withFiles()
    await registry.loadPlugin(files[0])
    const { path, write } = await withFile('mine', 'old')
    await registry.loadPlugin(path)
    await write('same', 'new')
    const { details } = await fault('ERR_COMMAND_CONFLICT', registry.reloadByPath(path))
    expect(details).toEqual({ command: 'same', path, owner: files[0] })
    expect(output(await registry.execute('mine'))).toBe('old')
    expect(output(await registry.execute('same'))).toBe('0')
  })

  test("with onConflict 'replace' the second takes over, and what ran on the first is stopped", async () => {
    const registry = new PluginRegistry({ onConflict: 'replace' })
    await registry.loadPlugin(await guest('forever'))
    const call = fault('ERR_UNLOADED', registry.execute('forever', [], { limits: endless }))
    await meanwhile()
    await registry.loadPlugin(await answering('forever', 'replaced'))
    await call
    expect(output(await registry.execute('forever'))).toBe('replaced')
    expect(registry.size).toBe(1)
  })

  test("with onConflict 'replace' nobody waits in line", async () => {
    const { registry, files } = await withFiles('replace')
    for (const file of files) await registry.loadPlugin(file)
    expect(output(await registry.execute('same'))).toBe('2')
    expect(await registry.unloadByPath(files[0])).toBeUndefined()
    await registry.unload('same')
    expect(registry.isEmpty).toBe(true)
  })

  test("onConflict 'reject' is what happens if nothing is said", async () => {
    const { registry, files } = await withFiles('reject')
    await registry.loadPlugin(files[0])
    await fault('ERR_COMMAND_CONFLICT', registry.loadPlugin(files[1]))
  })
})

describe('a plugin that asks for capabilities', () => {
  test('is loaded, and refused when it is executed', async () => {
    const registry = new PluginRegistry()
    const { capabilities } = await registry.loadPlugin(await guest('capabilities-fs'))
    const details = { command: 'capabilities-fs', reason: expect.any(String), capabilities }
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('capabilities-fs'))).details).toEqual(
      details,
    )
    const thrown = faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('capabilities-fs'))
    expect(thrown.details).toEqual(details)
    expect(capabilities.fsRead).toHaveLength(1)
  })

  test('is not in the way of one that asks for none', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('capabilities-net'))
    await registry.loadPlugin(await guest('echo'))
    await fault('ERR_PERMISSION_DENIED', registry.execute('capabilities-net'))
    expect(output(await registry.execute('echo', ['x']))).toBe('x')
  })
})

describe('a closed registry', () => {
  test('has settled all calls by the time that it is closed', async () => {
    const registry = new PluginRegistry({ limits: endless, effects: { maxSleepMs: 3_600_000 } })
    await registry.loadPlugin(await guest('forever'))
    await registry.loadPlugin(await guest('effect-sleep-hour'))
    const names = ['forever', 'forever', 'forever', 'effect-sleep-hour']
    const calls = names.map(name => follow(registry.execute(name)))
    await meanwhile()
    await Promise.all([registry.close(), registry.close()])
    expect(calls.map(({ state }) => state())).toEqual(names.map(() => 'rejected'))
  })

  test('refuses everything that would change or run something', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const loaded = await new PluginLoader().load(path)
    const registry = new PluginRegistry()
    await registry.loadPlugin(path)
    await registry.close()
    await fault('ERR_CLOSED', registry.execute('echo'))
    faultSync('ERR_CLOSED', () => registry.executeSync('echo'))
    await fault('ERR_CLOSED', registry.loadPlugin(path))
    await fault('ERR_CLOSED', registry.reloadByPath(path))
    await fault('ERR_CLOSED', registry.register(loaded))
    await fault('ERR_CLOSED', registry.unload('echo'))
    await fault('ERR_CLOSED', registry.unloadByPath(path))
    expect(await loaded.instance.execute(['x'])).toMatchObject({ output: 'x' })
  })

  test('has no commands', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    await registry.close()
    expect(registry.listCommands()).toEqual([])
    expect(registry.hasCommand('echo')).toBe(false)
    expect(registry.isEmpty).toBe(true)
  })

  test('can be closed again', async () => {
    const registry = new PluginRegistry()
    await registry.close()
    await registry.close()
  })

  test('was closed by `await using` it', async () => {
    const registry = new PluginRegistry()
    await registry[Symbol.asyncDispose]()
    await fault('ERR_CLOSED', registry.loadPlugin(await guest('echo')))
  })

  test('takes nothing in that was being loaded when it was closed', async () => {
    const registry = new PluginRegistry()
    const loading = registry.loadPlugin(plugin('greet'))
    await registry.close()
    await fault('ERR_CLOSED', loading)
    expect(registry.isEmpty).toBe(true)
  })
})

describe('whatever ends them, executions that run, wait for their turn or wait for an effect all settle', () => {
  test('unloading', async () => {
    const { registry, start } = await busyRegistry()
    const calls = start()
    await meanwhile()
    await settlesSoon(async () => {
      for (const command of registry.listCommands()) await registry.unload(command)
      return Promise.all(calls.map(call => fault('ERR_UNLOADED', call)))
    })
    await registry.loadPlugin(await guest('echo'))
    expect(output(await registry.execute('echo', ['x']))).toBe('x')
  })

  test('closing', async () => {
    const { registry, start } = await busyRegistry()
    const calls = start()
    await meanwhile()
    await settlesSoon(async () => {
      await registry.close()
      return Promise.all(calls.map(call => fault('ERR_CLOSED', call)))
    })
  })

  test('aborting', async () => {
    const { registry, start } = await busyRegistry()
    const abort = new AbortController()
    const calls = start(abort.signal)
    await meanwhile()
    await settlesSoon(async () => {
      abort.abort()
      for (const call of calls) expect(await rejection(call)).toBe(abort.signal.reason)
    })
    await registry.loadPlugin(await guest('echo'))
    expect(output(await registry.execute('echo', ['x']))).toBe('x')
  })
})

describe('a wrong argument is refused by name', () => {
  test.each([
    ['options', null],
    ['options', 1],
    ['options', []],
    ['Concurrency', { Concurrency: 1 }],
    ['limit', { limit: {} }],
    ['limits', { limits: 1 }],
    ['concurrency', { concurrency: 0 }],
    ['concurrency', { concurrency: -1 }],
    ['concurrency', { concurrency: 1.5 }],
    ['concurrency', { concurrency: 1025 }],
    ['concurrency', { concurrency: '1' }],
    ['concurrency', { concurrency: null }],
    ['concurrency', { concurrency: 1n }],
    ['queueLimit', { queueLimit: -1 }],
    ['queueLimit', { queueLimit: 0.5 }],
    ['queueLimit', { queueLimit: 2 ** 32 }],
    ['queueLimit', { queueLimit: Infinity }],
    ['queueLimit', { queueLimit: null }],
    ['onConflict', { onConflict: 'ignore' }],
    ['onConflict', { onConflict: null }],
    ['onConflict', { onConflict: 1 }],
  ])('new PluginRegistry, %s: %o', (name, options) => {
    const { details } = faultSync('ERR_INVALID_ARG', () => new PluginRegistry(options as object))
    expect(details).toEqual({ name })
  })

  test.each([
    ['args', 'text', undefined],
    ['args', [1], undefined],
    ['args', {}, undefined],
    ['args', null, undefined],
    ['args', ['a', undefined], undefined],
    ['args', new Array(1), undefined],
    ['options', [], null],
    ['options', [], 'signal'],
    ['timeoutMs', [], { timeoutMs: 1 }],
    ['signal', [], { signal: 1 }],
    ['signal', [], { signal: null }],
    ['signal', [], { signal: new AbortController() }],
    ['limits', [], { limits: null }],
    ['fuel', [], { limits: { fuel: '1' } }],
    ['stdin', [], { stdin: 1 }],
    ['stdin', [], { stdin: null }],
    ['stdin', [], { stdin: ['text'] }],
  ])('execute and executeSync, %s: %o, %o', async (name, args, options) => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    const awaited = fault('ERR_INVALID_ARG', registry.execute('echo', args as string[], options as object))
    expect((await awaited).details).toEqual({ name })
    const thrown = faultSync('ERR_INVALID_ARG', () =>
      registry.executeSync('echo', args as string[], options as object),
    )
    expect(thrown.details).toEqual({ name })
  })

  test('a command that is no text', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    for (const command of [undefined, null, 1, Symbol('echo'), ['echo'], Object.create(null)]) {
      const { details } = await fault('ERR_INVALID_ARG', registry.execute(command))
      expect(details).toEqual({ name: 'command' })
    }
  })

  test('what is to be loaded', async () => {
    const registry = new PluginRegistry()
    for (const source of [undefined, null, 1, {}, new URL('https://example.test/'), 'a\0b']) {
      const { details } = await fault('ERR_INVALID_ARG', registry.loadPlugin(source as string))
      expect(details).toEqual({ name: 'source' })
      for (const work of [registry.reloadByPath(source as string), registry.unloadByPath(source as string)]) {
        expect((await fault('ERR_INVALID_ARG', work)).details).toEqual({ name: 'path' })
      }
    }
    const bytes = (await guest('echo')) as unknown as string
    expect((await fault('ERR_INVALID_ARG', registry.reloadByPath(bytes))).details).toEqual({ name: 'path' })
  })

  test('what is to be registered', async () => {
    const registry = new PluginRegistry()
    const { manifest, digest } = await new PluginLoader().load(await guest('echo'))
    for (const plugin of [undefined, null, 1, {}, manifest, { manifest, digest }]) {
      const error = await fault('ERR_INVALID_ARG', registry.register(plugin as unknown as LoadedPlugin))
      expect(error.details).toEqual({ name: 'plugin' })
    }
    expect(registry.isEmpty).toBe(true)
  })

  test('nothing that returns a promise throws instead', async () => {
    const registry = new PluginRegistry()
    const closed = new PluginRegistry()
    await closed.close()
    const loader = new PluginLoader()
    const { instance } = await loader.load(await guest('echo'))
    const wrong = Symbol('wrong') as unknown as never
    for (const call of [
      () => loader.load(wrong),
      () => instance.execute(wrong, wrong),
      () => instance.resume(wrong, wrong, wrong),
      () => registry.loadPlugin(wrong),
      () => registry.register(wrong),
      () => registry.execute(wrong, wrong, wrong),
      () => registry.unloadByPath(wrong),
      () => registry.reloadByPath(wrong),
      () => closed.execute(wrong),
      () => closed.unload(wrong),
    ]) {
      const returned = call()
      expect(returned).toBeInstanceOf(Promise)
      expect(await rejection(returned)).toBeInstanceOf(Error)
    }
  })
})

test('the receipt of an execution says what it used', async () => {
  const registry = new PluginRegistry()
  await registry.loadPlugin(await guest('echo'))
  for (const { usage } of [await registry.execute('echo', ['x']), registry.executeSync('echo', ['x'])]) {
    expect(usage).toEqual({ ...anyUsage, peakMemoryBytes: 65_536, effects: 0 })
    expect(usage.fuelConsumed).toBeGreaterThan(0n)
    expect(usage.durationMs).toBeGreaterThan(0)
  }
})

function output(answer: { type: string; output?: string }): string | undefined {
  expect(answer.type).toBe('success')
  return answer.output
}

/** A registry with a plugin from a file, and a way to write another version of it. */
async function withFile(command: string, answer: string, concurrency = 2) {
  const path = join(await temporaryDirectory(), 'plugin.wasm')
  const write = async (command: string, answer: string) => writeFile(path, await answering(command, answer))
  await write(command, answer)
  const registry = new PluginRegistry({ concurrency })
  await registry.loadPlugin(path)
  return { registry, path, write }
}

/** A registry, and three files of the command `same`, which answer with their numbers. */
async function withFiles(onConflict?: 'reject' | 'replace') {
  const directory = await temporaryDirectory()
  const write = async (number: number) => {
    const path = join(directory, `plugin-${number}.wasm`)
    await writeFile(path, await answering('same', String(number)))
    return path
  }
  const files = [await write(0), await write(1), await write(2)] as const
  const registry = new PluginRegistry(onConflict === undefined ? {} : { onConflict })
  return { registry, files }
}

/** A registry in which 50 executions run, wait for their turn, or wait for an effect. */
async function busyRegistry() {
  const registry = new PluginRegistry({ concurrency: 4, limits: endless })
  for (const name of ['forever', 'effect-sleep-hour']) await registry.loadPlugin(await guest(name))
  const start = (signal?: AbortSignal) => {
    const options = signal === undefined ? {} : { signal }
    const calls = [
      ...Array.from({ length: 10 }, () => registry.execute('effect-sleep-hour', [], options)),
      ...Array.from({ length: 40 }, () => registry.execute('forever', [], options)),
    ]
    for (const call of calls) follow(call)
    return calls
  }
  return { registry, start }
}

/** The bound is generous: what is tested is that nothing is left pending until a limit ends it. */
async function settlesSoon(work: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  await work()
  expect(performance.now() - began).toBeLessThan(1000)
}
