import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import {
  appendFile,
  chmod,
  link,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { HotReloadWatcher, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endless, follow, meanwhile } from './calls.js'
import { fault, faultSync, rejection } from './fault.js'
import { answering, guest, guestFile, temporaryDirectory } from './guest.js'
import { pipe, program, runProgram, runWithoutWatches } from './system.js'
import { put, SHORT, Watching } from './watching.js'

describe('a watcher', () => {
  test('loads what is there, then follows what comes, changes and goes', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'a.wasm')
    await put(path, 'a', 'one')
    const watching = await Watching.start(directory)
    expect(watching.registry.listCommands()).toEqual(['a'])
    const [loaded] = await watching.expect('loaded a.wasm')
    const manifest = watching.registry.getManifest('a')
    const digest = expect.stringMatching(/^blake3:[0-9a-f]{64}$/)
    expect(loaded).toEqual({
      type: 'loaded',
      path,
      command: 'a',
      manifest,
      digest,
      durationMs: expect.any(Number),
    })

    await put(path, 'a', 'two')
    const [reloaded] = await watching.expect('reloaded a.wasm')
    expect(reloaded).toMatchObject({ command: 'a', digest, previousDigest: loaded?.digest })
    expect(reloaded?.digest).not.toBe(loaded?.digest)
    expect(await watching.answer('a')).toBe('two')

    await put(join(directory, 'b.wasm'), 'b', 'one')
    await watching.expect('loaded b.wasm')
    expect(await watching.answer('b')).toBe('one')

    await rm(path)
    const [unloaded] = await watching.expect('unloaded a.wasm')
    expect(unloaded).toEqual({ type: 'unloaded', path, command: 'a', previousDigest: reloaded?.digest })
    expect(watching.registry.listCommands()).toEqual(['b'])
  })

  test('takes URLs and relative paths, and knows its registry', async () => {
    const directory = await temporaryDirectory()
    await put(join(directory, 'a.wasm'), 'a', 'one')
    const registry = new PluginRegistry()
    await using watcher = await HotReloadWatcher.start(registry, [pathToFileURL(`${directory}/`)], SHORT)
    expect(watcher.registry).toBe(registry)
    expect(registry.listCommands()).toEqual(['a'])
  })

  test('leaves what is there alone where that is asked for, until it changes', async () => {
    const directory = await temporaryDirectory()
    await put(join(directory, 'a.wasm'), 'a', 'one')
    await put(join(directory, 'b.wasm'), 'b', 'one')
    const watching = await Watching.start(directory, { loadExisting: false })
    expect(watching.registry.isEmpty).toBe(true)
    await put(join(directory, 'a.wasm'), 'a', 'two')
    await watching.expect('loaded a.wasm')
    await rm(join(directory, 'b.wasm'))
    await watching.settle(directory)
    await watching.expect()
    expect(watching.registry.listCommands()).toEqual(['a'])
  })

  test('tells of the problems of the first scan whoever listens right after the start', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    await guestFile(directory, 'trap-in-manifest')
    await guestFile(directory, 'echo')
    const watching = await Watching.start(directory)
    await new Promise(resolve => setImmediate(resolve))
    expect(watching.log).toEqual([
      'failed broken.wasm ERR_INVALID_MODULE',
      'loaded echo.wasm',
      'failed trap-in-manifest.wasm ERR_TRAP',
    ])
  })

  test('is an iterator of events, which ends with it', async () => {
    const directory = await temporaryDirectory()
    await put(join(directory, 'a.wasm'), 'a', 'one')
    const registry = new PluginRegistry()
    const watcher = await HotReloadWatcher.start(registry, [directory], SHORT)
    const types: string[] = []
    for await (const { type } of watcher) {
      types.push(type)
      if (type === 'loaded') await put(join(directory, 'a.wasm'), 'a', 'two')
      if (type === 'reloaded') await rm(join(directory, 'a.wasm'))
      if (type === 'unloaded') break
    }
    expect(types).toEqual(['loaded', 'reloaded', 'unloaded'])
    const rest = watcher[Symbol.asyncIterator]()
    const waiting = rest.next()
    await watcher.close()
    expect(await waiting).toEqual({ value: undefined, done: true })
    expect(await rest.next()).toEqual({ value: undefined, done: true })
    for await (const { type } of watcher) types.push(type)
    expect(types).toHaveLength(3)
  })

  test('stops telling those who no longer listen', async () => {
    const directory = await temporaryDirectory()
    const watching = await Watching.start(directory)
    const heard: string[] = []
    const off = () => heard.push('off')
    watching.watcher.once('loaded', () => heard.push('once')).on('loaded', off)
    watching.watcher.off('loaded', off)
    await put(join(directory, 'a.wasm'), 'a', 'one')
    await put(join(directory, 'b.wasm'), 'b', 'one')
    await watching.expect('loaded a.wasm', 'loaded b.wasm')
    expect(heard).toEqual(['once'])
  })

  test('goes on when a listener throws, and tells the others', async () => {
    const directory = await temporaryDirectory()
    const warnings: string[] = []
    const warn = (warning: Error & { code?: string }) => void warnings.push(warning.code ?? '')
    process.on('warning', warn)
    const registry = new PluginRegistry()
    const watcher = await HotReloadWatcher.start(registry, [directory], SHORT)
    watcher.on('loaded', () => {
      throw new Error('a listener')
    })
    watcher.on('loaded', async () => {
      throw new Error('an asynchronous listener')
    })
    for (const name of ['a', 'b']) {
      const loaded = new Promise(resolve => watcher.once('loaded', resolve))
      await put(join(directory, `${name}.wasm`), name, 'one')
      await loaded
    }
    await new Promise(resolve => setImmediate(resolve))
    await watcher.close()
    process.off('warning', warn)
    expect(registry.listCommands()).toEqual(['a', 'b'])
    expect(warnings).toEqual(Array(4).fill('SEN_LISTENER_THREW'))
  })

  test('refuses what it cannot work with, by name', async () => {
    const registry = new PluginRegistry()
    const start = HotReloadWatcher.start as (...args: unknown[]) => Promise<unknown>
    for (const [args, name] of [
      [[{}, []], 'registry'],
      [[registry, './plugins'], 'directories'],
      [[registry, [1]], 'directories'],
      [[registry, ['a\0b']], 'directories'],
      [[registry, [], { debounce: 1 }], 'debounce'],
      [[registry, [], { debounceMs: -1 }], 'debounceMs'],
      [[registry, [], { debounceMs: '5' }], 'debounceMs'],
      [[registry, [], { maxWaitMs: 2 ** 31 }], 'maxWaitMs'],
      [[registry, [], { rescanMs: 0 }], 'rescanMs'],
      [[registry, [], { loadExisting: 1 }], 'loadExisting'],
      [[registry, [], { usePolling: 'no' }], 'usePolling'],
      [[registry, [], { persistent: null }], 'persistent'],
      [[registry, [], { signal: {} }], 'signal'],
    ] as const) {
      expect((await fault('ERR_INVALID_ARG', start(...args))).details).toEqual({ name })
    }
    await using watcher = await HotReloadWatcher.start(registry, [])
    faultSync('ERR_INVALID_ARG', () => watcher.on('changed' as 'loaded', () => {}))
    faultSync('ERR_INVALID_ARG', () => watcher.on('loaded', 1 as unknown as () => void))
    await registry.close()
    await fault('ERR_CLOSED', HotReloadWatcher.start(registry, []))
  })
})

describe('a file', () => {
  test('that is written in ten pieces is one event, and the old version serves till then', async () => {
    const { directory, path, watching } = await withPlugin({ maxWaitMs: 500 })
    const module = await answering('a', 'two')
    const size = Math.ceil(module.length / 10)
    const file = await open(path, 'w')
    for (let piece = 0; piece < 10; piece += 1) {
      await file.write(module.subarray(piece * size, (piece + 1) * size))
      await new Promise(resolve => setTimeout(resolve, 60))
      if (piece < 9) expect(await watching.answer('a')).toBe('one')
    }
    await file.close()
    await watching.expect('reloaded a.wasm')
    expect(await watching.answer('a')).toBe('two')
    await watching.settle(directory)
    await watching.expect()
  })

  test('that is truncated in place and written again is one event', async () => {
    const { directory, path, watching } = await withPlugin()
    await truncate(path, 0)
    await writeFile(path, await answering('a', 'two'))
    await watching.expect('reloaded a.wasm')
    await watching.settle(directory)
    await watching.expect()
  })

  test('that is renamed over is one event', async () => {
    const { directory, path, watching } = await withPlugin()
    for (const output of ['two', 'three', 'four']) {
      await put(path, 'a', output)
      await watching.expect('reloaded a.wasm')
      expect(await watching.answer('a')).toBe(output)
    }
    await watching.settle(directory)
    await watching.expect()
  })

  test('that keeps its size and time is reloaded all the same', async () => {
    const { path, watching } = await withPlugin()
    const { atime, mtime, size } = await stat(path)
    await writeFile(path, await answering('a', 'two'))
    await utimes(path, atime, mtime)
    expect((await stat(path)).size).toBe(size)
    await watching.expect('reloaded a.wasm')
    expect(await watching.answer('a')).toBe('two')
  })

  test('that is touched, written with the same bytes, or given other permissions is no reload', async () => {
    const { directory, path, watching } = await withPlugin()
    await utimes(path, new Date(), new Date())
    await writeFile(path, await readFile(path))
    await put(path, 'a', 'one')
    await chmod(path, 0o600)
    await watching.settle(directory)
    await watching.expect()
    expect(await watching.answer('a')).toBe('one')
  })

  test('of an editor, and a directory called like a plugin, are none', async () => {
    const { directory, path, watching } = await withPlugin()
    for (const name of ['.a.wasm.swp', 'a.wasm~', '4913', '#a.wasm#', 'a.wasm.tmp']) {
      await writeFile(join(directory, name), 'no plugin')
    }
    await mkdir(join(directory, 'x.wasm'))
    await put(join(directory, 'x.wasm', 'below.wasm'), 'below', 'one')
    await symlink('nowhere', join(directory, 'dangling.wasm'))
    await pipe(join(directory, 'pipe.wasm'))
    // As vim does it: the old file goes elsewhere, and another is made in its place.
    await rename(path, `${path}~`)
    await writeFile(path, await answering('a', 'two'))
    await unlink(`${path}~`)
    await watching.expect('reloaded a.wasm')
    await watching.settle(directory)
    await watching.expect()
    expect(watching.registry.listCommands()).toEqual(['a'])
  })

  test('that cannot be loaded leaves the old version serving, and the next good one is taken', async () => {
    const { directory, path, watching } = await withPlugin()
    for (const [code, module] of [
      ['ERR_INVALID_MODULE', Buffer.from('not wasm')],
      ['ERR_MISSING_EXPORT', await guest('missing-execute')],
      ['ERR_TRAP', await guest('trap-in-manifest')],
      ['ERR_FUEL_EXHAUSTED', await guest('forever-in-manifest')],
    ] as const) {
      await writeFile(path, module)
      const [event] = await watching.expect(`failed a.wasm ${code}`)
      expect(event).toMatchObject({ path, command: 'a', error: { code } })
      expect(await watching.answer('a')).toBe('one')
    }
    await put(path, 'a', 'two')
    await watching.expect('reloaded a.wasm')
    await watching.settle(directory)
    await watching.expect()
  })

  test('that is broken and then as it was before is no event more', async () => {
    const { directory, path, watching } = await withPlugin()
    await writeFile(path, 'not wasm')
    await watching.expect('failed a.wasm ERR_INVALID_MODULE')
    await put(path, 'a', 'one')
    await watching.settle(directory)
    await watching.expect()
    expect(await watching.answer('a')).toBe('one')
  })

  test('whose manifest traps is left alone until it changes', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'trap-in-manifest', 'a.wasm')
    const watching = await Watching.start(directory, { rescanMs: 20 })
    await watching.expect('failed a.wasm ERR_TRAP')
    await utimes(path, new Date(), new Date())
    await writeFile(path, await guest('trap-in-manifest'))
    await watching.settle(directory)
    await watching.expect()
    await put(path, 'a', 'one')
    await watching.expect('loaded a.wasm')
  })

  test('that goes and comes back at once was never gone', async () => {
    const { directory, path, watching } = await withPlugin()
    const module = await readFile(path)
    await rm(path)
    await writeFile(path, module)
    await watching.settle(directory)
    await watching.expect()
  })

  test('that nobody may read is a failure, and loaded once they may', async () => {
    const { code, stdout, stderr } = await runProgram('watch-unreadable.mjs', [await withVersions()])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual(['failed EACCES', 'loaded', 'failed EACCES', 'one'])
  })

  test('that changes the name of its command moves it in one step', async () => {
    const { path, watching } = await withPlugin()
    const sizes = new Set<number>()
    watching.watcher.on('reloaded', () => sizes.add(watching.registry.size))
    await put(path, 'b', 'two')
    const [event] = await watching.expect('reloaded a.wasm')
    expect(event).toMatchObject({ command: 'b' })
    expect([...sizes]).toEqual([1])
    expect(watching.registry.listCommands()).toEqual(['b'])
  })

  test('is compiled once at a time, and calls in flight end on the version they began on', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'forever', 'a.wasm')
    const watching = await Watching.start(directory)
    await watching.expect('loaded a.wasm')
    const abort = new AbortController()
    const call = watching.registry.execute('forever', [], { limits: endless, signal: abort.signal })
    const followed = follow(call)
    await meanwhile()
    await put(path, 'forever', 'new')
    await watching.expect('reloaded a.wasm')
    expect(await watching.answer('forever')).toBe('new')
    expect(followed.state()).toBe('pending')
    abort.abort()
    expect(await rejection(call)).toBe(abort.signal.reason)
  })
})

describe('commands that several files have', () => {
  test('belong to the first directory, whoever comes first', async () => {
    const [first, second] = [await temporaryDirectory(), await temporaryDirectory()]
    await put(join(second, 'c.wasm'), 'same', 'second')
    const watching = await Watching.start([first, second])
    await watching.expect('loaded c.wasm')
    await put(join(first, 'c.wasm'), 'same', 'first')
    await watching.expect('loaded c.wasm', 'failed c.wasm ERR_COMMAND_CONFLICT')
    expect(await watching.answer('same')).toBe('first')
    await put(join(second, 'c.wasm'), 'same', 'second 2')
    await watching.expect('failed c.wasm ERR_COMMAND_CONFLICT')
    expect(await watching.answer('same')).toBe('first')
    await rm(join(first, 'c.wasm'))
    await watching.expect('unloaded c.wasm', 'loaded c.wasm')
    expect(await watching.answer('same')).toBe('second 2')
  })

  test('are found as by a fresh scan when there from the start', async () => {
    const [first, second] = [await temporaryDirectory(), await temporaryDirectory()]
    await put(join(second, 'a.wasm'), 'same', 'second')
    await put(join(first, 'z.wasm'), 'same', 'z')
    await put(join(first, 'same.wasm'), 'same', 'namesake')
    await put(join(first, 'b.wasm'), 'same', 'b')
    const watching = await Watching.start([first, second])
    await watching.expect(
      'loaded same.wasm',
      ...['a', 'b', 'z'].map(name => `failed ${name}.wasm ERR_COMMAND_CONFLICT`),
    )
    expect(await watching.answer('same')).toBe('namesake')
    await rm(join(first, 'same.wasm'))
    await watching.expect('unloaded same.wasm', 'loaded b.wasm')
    expect(await watching.answer('same')).toBe('b')
  })

  test('can be swapped between two files', async () => {
    const directory = await temporaryDirectory()
    const [one, two] = [join(directory, 'one.wasm'), join(directory, 'two.wasm')]
    await put(one, 'a', 'from one')
    await put(two, 'b', 'from two')
    const watching = await Watching.start(directory)
    await watching.expect('loaded one.wasm', 'loaded two.wasm')
    await rename(one, join(directory, 'swap'))
    await rename(two, one)
    await rename(join(directory, 'swap'), two)
    // The file that is looked at first waits for its command until the other gives it up, and is then
    // reloaded, or loaded where its old version had to give way meanwhile.
    await watching.until(() => watching.log.filter(line => /^(re)?loaded/.test(line)).length === 2)
    expect(watching.registry.listCommands()).toEqual(['a', 'b'])
    expect(await watching.answer('a')).toBe('from one')
    await rm(two)
    await watching.until(() => watching.registry.listCommands().join() === 'b')
  })

  test('are kept by an old version whose new one wants what is taken, until it is free', async () => {
    const directory = await temporaryDirectory()
    const [one, two] = [join(directory, 'one.wasm'), join(directory, 'two.wasm')]
    await put(one, 'a', 'one')
    await put(two, 'b', 'two')
    const watching = await Watching.start(directory)
    await watching.expect('loaded one.wasm', 'loaded two.wasm')
    await put(two, 'a', 'two 2')
    await watching.expect('failed two.wasm ERR_COMMAND_CONFLICT')
    expect([await watching.answer('a'), await watching.answer('b')]).toEqual(['one', 'two'])
    await rm(one)
    await watching.expect('unloaded one.wasm', 'reloaded two.wasm')
    expect(watching.registry.listCommands()).toEqual(['a'])
    expect(await watching.answer('a')).toBe('two 2')
  })

  test('a file under two names or two watched directories counts once', async () => {
    const directory = await temporaryDirectory()
    const other = join(await temporaryDirectory(), 'link')
    await symlink(directory, other)
    await put(join(directory, 'a.wasm'), 'a', 'one')
    await link(join(directory, 'a.wasm'), join(directory, 'b.wasm'))
    await symlink('a.wasm', join(directory, 'c.wasm'))
    const watching = await Watching.start([directory, other, `${directory}/.`])
    await watching.expect('loaded a.wasm')
    await put(join(directory, 'a.wasm'), 'a', 'two')
    await watching.until(() => watching.log.includes('reloaded a.wasm'))
    expect(await watching.answer('a')).toBe('two')
  })

  test('that somebody unloads by hand come back with the next look', async () => {
    const { watching } = await withPlugin()
    await watching.registry.unload('a')
    await watching.expect('unloaded a.wasm', 'loaded a.wasm')
    expect(await watching.answer('a')).toBe('one')
  })
})

describe('a directory', () => {
  test('that does not exist yet is no error, and followed when it appears', async () => {
    const root = await temporaryDirectory()
    const directory = join(root, 'not', 'yet', 'there')
    const watching = await Watching.start(directory)
    for (let round = 0; round < 3; round += 1) {
      await mkdir(directory, { recursive: true })
      await put(join(directory, 'a.wasm'), 'a', 'one')
      await watching.expect('loaded a.wasm')
      await rm(join(root, 'not'), { recursive: true })
      await watching.expect('unloaded a.wasm')
    }
  })

  test('that is deleted and made again at once, or swapped in two renames, is caught up with', async () => {
    const root = await temporaryDirectory()
    const directory = join(root, 'plugins')
    await mkdir(directory)
    await put(join(directory, 'a.wasm'), 'a', '0')
    const watching = await Watching.start(directory)
    await watching.expect('loaded a.wasm')
    for (let round = 1; round <= 5; round += 1) {
      const fresh = join(root, `fresh-${round}`)
      await mkdir(fresh)
      await put(join(fresh, 'a.wasm'), 'a', `${round}`)
      if (round % 2 === 0) await rm(directory, { recursive: true })
      else await rename(directory, join(root, `old-${round}`))
      await rename(fresh, directory)
      // Gone and there again, where the machine stood still between the two.
      await watching.until(() => /^(reloaded|loaded) a.wasm$/.test(watching.log.at(-1) ?? ''))
      watching.events.length = 0
      expect(await watching.answer('a')).toBe(`${round}`)
      // What comes afterwards is seen as well.
      await put(join(directory, 'a.wasm'), 'a', `${round} more`)
      await watching.expect('reloaded a.wasm')
    }
  })

  test('that is renamed away is gone, and there again when it comes back', async () => {
    const { directory, watching } = await withPlugin({}, 'plugins')
    await rename(directory, `${directory}-away`)
    await watching.expect('unloaded a.wasm')
    await rename(`${directory}-away`, directory)
    await watching.expect('loaded a.wasm')
  })

  test('behind a link that is pointed elsewhere is followed, as in a ConfigMap', async () => {
    const root = await temporaryDirectory()
    const mount = join(root, 'mount')
    await mkdir(mount)
    const publish = async (round: number) => {
      await mkdir(join(mount, `..${round}`))
      await put(join(mount, `..${round}`, 'a.wasm'), 'a', `${round}`)
      await symlink(`..${round}`, join(mount, '..data_tmp'))
      await rename(join(mount, '..data_tmp'), join(mount, '..data'))
      if (round > 0) await rm(join(mount, `..${round - 1}`), { recursive: true })
    }
    await publish(0)
    await symlink('..data/a.wasm', join(mount, 'a.wasm'))
    await symlink('mount/..data', join(root, 'through'))
    // No rescan helps: it is the links that have to be noticed.
    const inMount = await Watching.start(mount, { rescanMs: 600_000 })
    const through = await Watching.start(join(root, 'through'), { rescanMs: 600_000 })
    await inMount.expect('loaded a.wasm')
    await through.expect('loaded a.wasm')
    for (let round = 1; round <= 3; round += 1) {
      await publish(round)
      await inMount.expect('reloaded a.wasm')
      await through.expect('reloaded a.wasm')
      expect(await inMount.answer('a')).toBe(`${round}`)
      expect(await through.answer('a')).toBe(`${round}`)
    }
  })

  test('that a file takes the place of is as one that is gone', async () => {
    const { directory, watching } = await withPlugin({}, 'plugins')
    await rm(directory, { recursive: true })
    await writeFile(directory, 'no directory')
    await watching.expect('unloaded a.wasm')
    await rm(directory)
    await mkdir(directory)
    await put(join(directory, 'a.wasm'), 'a', 'two')
    await watching.expect('loaded a.wasm')
  })

  test('can be looked at rather than watched', async () => {
    const root = await temporaryDirectory()
    const directory = join(root, 'plugins')
    const watching = await Watching.start(directory, { usePolling: true, rescanMs: 50 })
    expect(watching.watcher.pollingReason).toMatch(/usePolling/)
    await mkdir(directory)
    await put(join(directory, 'a.wasm'), 'a', 'one')
    await watching.expect('loaded a.wasm')
    await put(join(directory, 'a.wasm'), 'a', 'two')
    await watching.expect('reloaded a.wasm')
    await rm(directory, { recursive: true })
    await watching.expect('unloaded a.wasm')
  })
})

describe('storms', () => {
  test('500 writes to 50 files end with what was written last', async () => {
    const directory = await temporaryDirectory()
    const watching = await Watching.start(directory)
    const names = Array.from({ length: 50 }, (_, index) => `p${index}`)
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        names.map(async name =>
          writeFile(join(directory, `${name}.wasm`), await answering(name, `${name} ${round}`)),
        ),
      )
    }
    await watching.until(async () => {
      for (const name of names) if ((await watching.answer(name)) !== `${name} 9`) return false
      return true
    })
    await watching.settle(directory)
    expect(watching.log.filter(line => line.startsWith('loaded'))).toHaveLength(50)
    expect(watching.log.filter(line => line.startsWith('failed'))).toEqual([])
  })

  test('a neighbour that is rewritten every 40 ms for 10 s delays nobody, and is reloaded within its bound', async () => {
    const { directory, watching } = await withPlugin({ debounceMs: 500, maxWaitMs: 1000 })
    const busy = join(directory, 'busy.wasm')
    // Counted in rounds of the storm rather than in seconds: a machine that stands still does so for both.
    const [everyMs, stormRounds] = [40, 250]
    /** Twice the second after which a reload is put off no further: it takes its time as well. */
    const bound = 50
    let round = 0
    let writing = Promise.resolve()
    const storm = setInterval(() => {
      round += 1
      const output = `${round}`
      // One after the other, however slow the machine.
      writing = writing.then(() => put(busy, 'busy', output))
    }, everyMs)
    try {
      await watching.until(() => watching.registry.hasCommand('busy'))
      const rounds = [round]
      watching.watcher.on('reloaded', ({ path }) => void (path === busy && rounds.push(round)))
      let changes = 0
      for (; round < stormRounds; changes += 1) {
        const started = round
        await put(join(directory, 'a.wasm'), 'a', `change ${changes}`)
        await watching.until(async () => (await watching.answer('a')) === `change ${changes}`)
        expect(round - started).toBeLessThan(bound)
      }
      expect(changes).toBeGreaterThan(stormRounds / bound)
      expect(rounds.length).toBeGreaterThan(stormRounds / bound)
      for (const [index, later] of rounds.entries()) {
        expect(later - (rounds[index - 1] ?? 0)).toBeLessThan(bound)
      }
    } finally {
      clearInterval(storm)
      await writing
    }
    const last = `${round}`
    await watching.until(async () => (await watching.answer('busy')) === last)
  })
})

describe('manners', () => {
  test('closing leaves no thread, descriptor or event, however often it is asked', async () => {
    const { directory, watching } = await withPlugin()
    await watching.watcher.close()
    const [threads, descriptors] = [watchThreads(), inotifyDescriptors()]
    const registry = new PluginRegistry()
    for (let round = 0; round < 20; round += 1) {
      const watcher = await HotReloadWatcher.start(registry, [directory], SHORT)
      await put(join(directory, 'a.wasm'), 'a', `${round}`)
      await Promise.all([watcher.close(), watcher.close()])
      await watcher.close()
    }
    expect(inotifyDescriptors()).toBe(descriptors)
    // Fewer, where that of the first had not ended when they were counted.
    await watching.until(() => watchThreads() <= threads, 'the end of threads')
    watching.events.length = 0
    await put(join(directory, 'a.wasm'), 'a', 'unheard')
    await using other = await HotReloadWatcher.start(new PluginRegistry(), [directory], SHORT)
    expect(other.registry.listCommands()).toEqual(['a'])
    expect(watching.events).toEqual([])
  })

  test('one signal closes many, and Node warns of no leak', async () => {
    const directory = await temporaryDirectory()
    const warnings: string[] = []
    const hear = ({ name }: Error) => void warnings.push(name)
    process.on('warning', hear)
    onTestFinished(() => void process.off('warning', hear))
    const controller = new AbortController()
    const { signal } = controller
    const watchers = await Promise.all(
      Array.from({ length: 12 }, () =>
        HotReloadWatcher.start(new PluginRegistry(), [directory], { ...SHORT, signal }),
      ),
    )
    expect(getEventListeners(signal, 'abort').length).toBeLessThan(2)
    controller.abort()
    await Promise.all(watchers.map(watcher => watcher.close()))
    expect({ warnings, listeners: getEventListeners(signal, 'abort') }).toEqual({
      warnings: [],
      listeners: [],
    })
  })

  test('a signal closes it, or keeps it from starting', async () => {
    const directory = await temporaryDirectory()
    const controller = new AbortController()
    const registry = new PluginRegistry()
    const watcher = await HotReloadWatcher.start(registry, [directory], {
      ...SHORT,
      signal: controller.signal,
    })
    const next = watcher[Symbol.asyncIterator]().next()
    controller.abort(new Error('enough'))
    expect(await next).toEqual({ value: undefined, done: true })
    const options = { ...SHORT, signal: controller.signal }
    expect(await rejection(HotReloadWatcher.start(registry, [directory], options))).toBe(
      controller.signal.reason,
    )
    const during = new AbortController()
    const starting = HotReloadWatcher.start(registry, [directory], { ...SHORT, signal: during.signal })
    during.abort()
    expect(await rejection(starting)).toBe(during.signal.reason)
  })

  test('it ends with its registry', async () => {
    const { watching } = await withPlugin()
    const next = watching.watcher[Symbol.asyncIterator]().next()
    await watching.registry.close()
    expect(await next).toEqual({ value: undefined, done: true })
  })

  test('several watchers share a registry, and each tells of its own files', async () => {
    const [one, two] = [await temporaryDirectory(), await temporaryDirectory()]
    const registry = new PluginRegistry()
    const [first, second, third] = [
      await Watching.on(registry, one),
      await Watching.on(registry, two),
      await Watching.on(registry, one),
    ]
    await put(join(one, 'a.wasm'), 'a', 'one')
    await put(join(two, 'b.wasm'), 'b', 'one')
    await first.expect('loaded a.wasm')
    await third.expect('loaded a.wasm')
    await put(join(two, 'c.wasm'), 'a', 'taken')
    await second.expect('loaded b.wasm', 'failed c.wasm ERR_COMMAND_CONFLICT')
    await rm(join(one, 'a.wasm'))
    await first.expect('unloaded a.wasm')
    await third.expect('unloaded a.wasm')
    await second.expect('loaded c.wasm')
    expect(registry.listCommands()).toEqual(['a', 'b'])
  })

  test.each([
    ['', 'done\n'],
    ['persistent', 'done\nreloaded\n'],
  ])('a process is kept alive only where that is asked for: %j', async (mode, expected) => {
    const { code, stdout, stderr } = await runProgram('watch.mjs', [await withVersions(), mode])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expected, stderr: '' })
  })

  test('it works in Workers, one of which is terminated in the middle of it', async () => {
    const directory = await temporaryDirectory()
    await put(join(directory, 'a.wasm'), 'a', '0')
    const descriptors = inotifyDescriptors()
    const workers = Array.from(
      { length: 4 },
      () => new Worker(program('watch-worker.mjs'), { workerData: { directory } }),
    )
    const heard = workers.map(worker => {
      const messages: string[] = []
      worker.on('message', message => messages.push(message))
      return messages
    })
    const watching = await Watching.start(directory)
    await watching.until(() => heard.every(messages => messages.includes('loaded 0')))
    await workers[0]?.terminate()
    await put(join(directory, 'a.wasm'), 'a', '1')
    await watching.until(() => heard.slice(1).every(messages => messages.includes('reloaded 1')))
    await Promise.all(workers.map(worker => worker.terminate()))
    await watching.watcher.close()
    await watching.until(() => inotifyDescriptors() === descriptors, 'the end of descriptors')
  })

  test('it looks rather than watches where the system has no room, and says so', async () => {
    const { code, stdout, stderr } = await runWithoutWatches('watch.mjs', [await withVersions(), 'limited'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\nreloaded\n' })
    expect(stderr).toContain('SEN_WATCH_POLLING')
  })
})

/** A directory that has two versions of a plugin, by other names than those of plugins. */
async function withVersions(): Promise<string> {
  const directory = await temporaryDirectory()
  for (const name of ['one', 'two']) await writeFile(join(directory, name), await answering('a', name))
  return directory
}

async function withPlugin(
  options: Parameters<typeof Watching.start>[1] = {},
  below?: string,
): Promise<{ directory: string; path: string; watching: Watching }> {
  const root = await temporaryDirectory()
  const directory = below === undefined ? root : join(root, below)
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'a.wasm')
  await put(path, 'a', 'one')
  const watching = await Watching.start(directory, options)
  await watching.expect('loaded a.wasm')
  return { directory, path, watching }
}

/** Threads that watch, of this process; none where the system does not list threads. */
function watchThreads(): number {
  if (process.platform !== 'linux') return 0
  const { readFileSync } = process.getBuiltinModule('node:fs')
  return readdirSync('/proc/self/task').filter(thread => {
    try {
      return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').startsWith('notify-rs')
    } catch {
      return false
    }
  }).length
}

function inotifyDescriptors(): number {
  if (process.platform !== 'linux') return 0
  const { readlinkSync } = process.getBuiltinModule('node:fs')
  return readdirSync('/proc/self/fd').filter(descriptor => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).includes('inotify')
    } catch {
      return false
    }
  }).length
}

// Kept for the row on files that grow: a writer that only appends.
test('a module that a writer appends to is loaded when it is whole', async () => {
  const directory = await temporaryDirectory()
  const watching = await Watching.start(directory, { maxWaitMs: 500 })
  const path = join(directory, 'a.wasm')
  const module = await answering('a', 'one')
  await writeFile(path, module.subarray(0, 50))
  await appendFile(path, module.subarray(50, 100))
  await appendFile(path, module.subarray(100))
  await watching.expect('loaded a.wasm')
})
