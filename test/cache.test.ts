import { chmod, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PluginLoader, PluginRegistry, PluginScanner } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { faultSync } from './fault.js'
import { answering, guest, guestFile, temporaryDirectory } from './guest.js'
import { internal } from './internal.js'

/** What came of lookups and stores in a directory. */
function stats(directory: string) {
  const cache = internal.checkCache(directory, 'directory')
  if (cache === undefined) throw new Error('there is no cache')
  return internal.cacheStats(cache)
}

const NOTHING = { usable: true, hits: 0, misses: 0, rejected: 0, stored: 0, evicted: 0, errors: 0 }

/** Sets an environment variable for the time of a test. */
function setEnvironment(name: string, value: string | undefined): void {
  const before = process.env[name]
  const set = (value: string | undefined) => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  onTestFinished(() => set(before))
  set(value)
}

/** The built addon. */
async function addonFile(): Promise<string> {
  const dist = fileURLToPath(new URL('../dist/', import.meta.url))
  const names = await readdir(dist)
  return join(dist, names.find(name => name.endsWith('.node')) ?? '')
}

const entriesIn = async (directory: string) =>
  (await readdir(directory)).filter(name => name.endsWith('.cwasm'))

describe('code that was compiled once', () => {
  test('is not compiled again, by whichever loader, registry or scanner', async () => {
    const cache = await temporaryDirectory()
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'echo')
    const first = await new PluginLoader({ cache }).load(await guest('echo'))
    expect(stats(cache)).toEqual({ ...NOTHING, directory: cache, misses: 1, stored: 1 })

    const second = await new PluginLoader({ cache }).load(path)
    expect(second.manifest).toEqual(first.manifest)
    expect(second.digest).toBe(first.digest)
    expect(await second.instance.execute(['text'])).toMatchObject({ type: 'success', output: 'text' })
    await using registry = new PluginRegistry({ cache: pathToFileURL(cache) })
    await registry.loadPlugin(path)
    expect(await registry.execute('echo', ['text'])).toMatchObject({ type: 'success', output: 'text' })
    const { plugins } = await new PluginScanner({ cache: relative('.', cache) }).scanDirectory(directory)
    expect(plugins).toHaveLength(1)
    expect(stats(cache)).toEqual({ ...NOTHING, directory: cache, hits: 3, misses: 1, stored: 1 })
  })

  test('gives the same answers on the same fuel', async () => {
    const cache = await temporaryDirectory()
    const loader = new PluginLoader({ cache })
    const run = async () => {
      const { type, ...answer } = await (await loader.load(await guest('busy'))).instance.execute(['1000'])
      return { type, output: 'output' in answer && answer.output, fuel: answer.usage.fuelConsumed }
    }
    expect(await run()).toEqual(await run())
    expect(stats(cache).hits).toBe(1)
  })

  test('is used under other limits, which the plugin meets anew', async () => {
    const cache = await temporaryDirectory()
    const module = await guest('manifest-map')
    await new PluginLoader({ cache }).load(module)
    const loader = new PluginLoader({ cache, limits: { resultBytes: 10 } })
    await expect(loader.load(module)).rejects.toMatchObject({ code: 'ERR_RESULT_TOO_LARGE' })
    expect(stats(cache)).toMatchObject({ hits: 1, misses: 1, stored: 1 })
  })

  test('is not kept of a module that fails to load', async () => {
    const cache = await temporaryDirectory()
    const loader = new PluginLoader({ cache })
    for (const [name, code] of [
      ['trap-in-start', 'ERR_INSTANTIATION'],
      ['missing-alloc', 'ERR_MISSING_EXPORT'],
      ['name-parent', 'ERR_INVALID_MANIFEST'],
      ['trap-in-start', 'ERR_INSTANTIATION'],
    ] as const) {
      await expect(loader.load(await guest(name))).rejects.toMatchObject({ code })
    }
    expect(stats(cache)).toMatchObject({ hits: 0, misses: 4, stored: 0 })
    expect(await entriesIn(cache)).toEqual([])
  })
})

describe('what is in the directory', () => {
  test('is never run unless it is authentic', async () => {
    const cache = await temporaryDirectory()
    const loader = new PluginLoader({ cache })
    const module = await answering('same', 'genuine')
    await loader.load(module)
    const [name = ''] = await entriesIn(cache)
    const entry = join(cache, name)
    const genuine = await readFile(entry)
    const forgeries = [
      Buffer.from(genuine.map((byte, index) => (index === genuine.length >> 1 ? byte ^ 1 : byte))),
      genuine.subarray(0, -1),
      Buffer.alloc(0),
      Buffer.from('no artefact'),
    ]
    for (const forgery of forgeries) {
      await rm(entry)
      await writeFile(entry, forgery, { mode: 0o400 })
      const { instance } = await loader.load(module)
      expect(await instance.execute([])).toMatchObject({ output: 'genuine' })
    }
    const count = forgeries.length
    expect(stats(cache)).toMatchObject({ hits: 0, rejected: count, misses: count + 1, stored: count + 1 })
    await loader.load(module)
    expect(stats(cache)).toMatchObject({ hits: 1, errors: 0 })
  })

  test.skipIf(process.platform === 'win32')('is for its user alone', async () => {
    const cache = join(await temporaryDirectory(), 'made', 'by', 'it')
    await new PluginLoader({ cache }).load(await guest('echo'))
    const { stat } = await import('node:fs/promises')
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
    const [name = ''] = await entriesIn(cache)
    expect([await mode(cache), await mode(join(cache, 'key')), await mode(join(cache, name))]).toEqual([
      '700',
      '400',
      '400',
    ])
  })
})

describe('a directory that cannot be used', () => {
  test.skipIf(process.platform === 'win32')('keeps nothing from loading, and says why', async () => {
    const directory = await temporaryDirectory()
    const open = join(directory, 'open')
    await mkdir(open)
    await chmod(open, 0o777)
    await writeFile(join(directory, 'file'), '')
    await symlink('nowhere', join(directory, 'link'))
    for (const cache of [open, join(directory, 'file'), join(directory, 'link'), '/dev/null/below']) {
      const { instance } = await new PluginLoader({ cache }).load(await guest('echo'))
      expect(await instance.execute(['text'])).toMatchObject({ output: 'text' })
      expect(stats(cache)).toEqual({
        ...NOTHING,
        directory: cache,
        usable: false,
        reason: expect.stringContaining('cache directory'),
      })
    }
    expect(await readdir(open)).toEqual([])
  })

  test('that is damaged while it is used keeps nothing from loading either', async () => {
    const cache = await temporaryDirectory()
    const loader = new PluginLoader({ cache })
    await loader.load(await guest('echo'))
    await truncate(join(cache, 'key'), 0).catch(() => {})
    await rm(cache, { recursive: true })
    await loader.load(await guest('echo'))
    await loader.load(await guest('counter'))
    expect(stats(cache)).toMatchObject({ usable: true, hits: 0, misses: 3, stored: 1 })
  })
})

describe('where code is kept', () => {
  test('is nowhere, if one says so', async () => {
    const directory = await temporaryDirectory()
    setEnvironment('SEN_PLUGIN_HOST_CACHE', directory)
    for (const use of [PluginLoader, PluginScanner, PluginRegistry]) new use({ cache: false })
    await new PluginLoader({ cache: false }).load(await guest('echo'))
    expect(await readdir(directory)).toEqual([])
    setEnvironment('SEN_PLUGIN_HOST_CACHE', 'off')
    expect(internal.checkCache(undefined, 'options.cache')).toBe(undefined)
  })

  test('is what the environment says, unless an option says otherwise', async () => {
    const [directory, other] = [await temporaryDirectory(), await temporaryDirectory()]
    setEnvironment('SEN_PLUGIN_HOST_CACHE', directory)
    await new PluginLoader().load(await guest('echo'))
    expect(await entriesIn(directory)).toHaveLength(1)
    await new PluginLoader({ cache: other }).load(await guest('echo'))
    expect(await entriesIn(other)).toHaveLength(1)
    expect(stats(directory)).toMatchObject({ misses: 1, hits: 0 })
  })

  test.runIf(process.platform === 'linux')("is the user's cache directory otherwise", async () => {
    const home = await temporaryDirectory()
    setEnvironment('XDG_CACHE_HOME', home)
    for (const unset of [undefined, '']) {
      setEnvironment('SEN_PLUGIN_HOST_CACHE', unset)
      const cache = internal.checkCache(undefined, 'options.cache')
      expect(cache?.directory).toBe(join(home, 'sen-plugin-host'))
    }
    // Nothing is made before something is loaded.
    expect(await readdir(home)).toEqual([])
    setEnvironment('XDG_CACHE_HOME', 'relative')
    expect(internal.checkCache(undefined, 'options.cache')).toBe(undefined)
  })

  test('is one cache for the process, by whichever name', async () => {
    const directory = await temporaryDirectory()
    const cache = internal.checkCache(directory, 'options.cache')
    for (const name of [`${directory}/`, join(directory, 'x', '..'), pathToFileURL(directory)]) {
      expect(internal.checkCache(name, 'options.cache')).toBe(cache)
    }
  })

  test('is one cache for the process, in whichever Worker', async () => {
    const directory = await temporaryDirectory()
    await new PluginLoader({ cache: directory }).load(await guest('echo'))
    // As another Worker would, which has the addon in common.
    const { CompileCache } = createRequire(import.meta.url)(await addonFile()) as typeof import('../index.js')
    expect(new CompileCache(directory).stats()).toMatchObject({ misses: 1, stored: 1 })
  })

  test.each([true, null, 7, '', {}, new URL('https://example.com/'), 'a\0b', new Uint8Array()])(
    'cannot be %o',
    value => {
      for (const use of [PluginLoader, PluginScanner, PluginRegistry]) {
        const { details } = faultSync('ERR_INVALID_ARG', () => new use({ cache: value as never }))
        expect(details.name).toBe('cache')
      }
    },
  )
})
