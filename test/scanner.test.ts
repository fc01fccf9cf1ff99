import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isPluginHostError, PluginRegistry, PluginScanner } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { fault, faultSync, rejection } from './fault.js'
import { answering, guestFile, temporaryDirectory } from './guest.js'
import { pipe, runProgram } from './system.js'

describe('scanning a directory', () => {
  test('finds its plugins, sorted by path', async () => {
    const directory = await temporaryDirectory()
    for (const name of ['b', 'a', 'C', 'ä', 'a-b', '10', '9']) {
      await writeFile(join(directory, `${name}.wasm`), await answering('same', name))
    }
    const { plugins, failures } = await new PluginScanner().scanDirectory(directory)
    const names = ['10', '9', 'C', 'a-b', 'a', 'b', 'ä']
    expect(plugins.map(({ path }) => path)).toEqual(names.map(name => join(directory, `${name}.wasm`)))
    expect(failures).toEqual([])
  })

  test('loads them, so that they can be called and registered', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    await guestFile(directory, 'counter')
    const { plugins } = await new PluginScanner().scanDirectory(directory)
    expect(plugins.map(({ manifest }) => manifest.command.name)).toEqual(['counter', 'echo'])
    expect(await plugins[1]?.instance.execute(['x'])).toMatchObject({ output: 'x' })
    const registry = new PluginRegistry()
    for (const plugin of plugins) await registry.register(plugin)
    expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    expect(await registry.unloadByPath(join(directory, 'echo.wasm'))).toBe('echo')
  })

  test('finds failures beside the plugins, sorted by path as well', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'text.wasm'), 'no module')
    await writeFile(join(directory, 'empty.wasm'), '')
    await writeFile(join(directory, 'huge.wasm'), '')
    await truncate(join(directory, 'huge.wasm'), 2 ** 40)
    for (const name of ['missing-alloc', 'api-version-1', 'name-proto', 'forever-in-manifest', 'echo']) {
      await guestFile(directory, name)
    }
    const { plugins, failures } = await new PluginScanner().scanDirectory(directory)
    expect(plugins.map(({ path }) => path)).toEqual([join(directory, 'echo.wasm')])
    expect(failures.map(({ path, error }) => [path, error.code])).toEqual(
      [
        ['api-version-1', 'ERR_API_VERSION'],
        ['empty', 'ERR_INVALID_MODULE'],
        ['forever-in-manifest', 'ERR_FUEL_EXHAUSTED'],
        ['huge', 'ERR_MODULE_TOO_COMPLEX'],
        ['missing-alloc', 'ERR_MISSING_EXPORT'],
        ['name-proto', 'ERR_INVALID_MANIFEST'],
        ['text', 'ERR_INVALID_MODULE'],
      ].map(([name, code]) => [join(directory, `${name}.wasm`), code]),
    )
    for (const { error } of failures) expect(isPluginHostError(error)).toBe(true)
  })

  test('holds the plugins to the limits of the scanner', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'busy')
    const { plugins } = await new PluginScanner({ limits: { fuel: 1000 } }).scanDirectory(directory)
    const work = plugins[0]?.instance.execute(['1000']) ?? Promise.resolve()
    expect((await fault('ERR_FUEL_EXHAUSTED', work)).details.limit).toBe(1000n)
  })

  test('takes a path, a relative one, or a URL, and gives absolute paths', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'echo')
    for (const source of [
      directory,
      `${directory}/`,
      relative(process.cwd(), directory),
      pathToFileURL(directory),
    ]) {
      const { plugins } = await new PluginScanner().scanDirectory(source)
      expect(plugins.map(plugin => plugin.path)).toEqual([path])
    }
  })

  test('finds nothing in an empty one', async () => {
    const scanned = await new PluginScanner().scanDirectory(await temporaryDirectory())
    expect(scanned).toEqual({ plugins: [], failures: [] })
  })

  test('finds two hundred plugins as well as one', async () => {
    const directory = await temporaryDirectory()
    const names = Array.from({ length: 200 }, (_, number) => `plugin-${String(number).padStart(3, '0')}`)
    for (const name of names) await writeFile(join(directory, `${name}.wasm`), await answering(name, 'ok'))
    const { plugins, failures } = await new PluginScanner().scanDirectory(directory)
    expect(plugins.map(({ manifest }) => manifest.command.name)).toEqual(names)
    expect(failures).toEqual([])
  })
})

describe('only regular files, or links to them, whose names end in .wasm are looked at', () => {
  test('other names are left alone', async () => {
    const directory = await temporaryDirectory()
    for (const file of [
      'echo.WASM',
      'echo.wasm.tmp',
      'echo.wasm~',
      '.echo.wasm.swp',
      'echo',
      'wasm',
      'echo.wat',
    ]) {
      await guestFile(directory, 'echo', file)
    }
    expect(await new PluginScanner().scanDirectory(directory)).toEqual({ plugins: [], failures: [] })
  })

  test('directories are not entered, whatever their names', async () => {
    const directory = await temporaryDirectory()
    for (const name of ['nested', 'nested.wasm']) {
      await mkdir(join(directory, name))
      await guestFile(join(directory, name), 'echo')
    }
    expect(await new PluginScanner().scanDirectory(directory)).toEqual({ plugins: [], failures: [] })
  })

  test('links to files are followed, under their own names', async () => {
    const [directory, elsewhere] = [await temporaryDirectory(), await temporaryDirectory()]
    await symlink(await guestFile(elsewhere, 'echo', 'no-suffix'), join(directory, 'link.wasm'))
    const { plugins, failures } = await new PluginScanner().scanDirectory(directory)
    expect(plugins.map(({ path }) => path)).toEqual([join(directory, 'link.wasm')])
    expect(failures).toEqual([])
  })

  test('links to nothing, to themselves, to directories and to devices are left alone', async () => {
    const directory = await temporaryDirectory()
    await symlink('absent', join(directory, 'dangling.wasm'))
    await symlink('loop.wasm', join(directory, 'loop.wasm'))
    await symlink('.', join(directory, 'directory.wasm'))
    await symlink('/dev/zero', join(directory, 'device.wasm'))
    expect(await new PluginScanner().scanDirectory(directory)).toEqual({ plugins: [], failures: [] })
  })

  test('pipes are not opened, which would wait for a writer', async () => {
    const directory = await temporaryDirectory()
    await pipe(join(directory, 'pipe.wasm'))
    await symlink('pipe.wasm', join(directory, 'link.wasm'))
    expect(await new PluginScanner().scanDirectory(directory)).toEqual({ plugins: [], failures: [] })
  })

  test('names that a shell or a terminal would act upon are only names', async () => {
    const directory = await temporaryDirectory()
    for (const file of [
      '$(touch owned).wasm',
      '\x1b[2J.wasm',
      'a\nb.wasm',
      '-rf.wasm',
      '.wasm',
      '__proto__.wasm',
    ]) {
      await guestFile(directory, 'echo', file)
    }
    const { plugins } = await new PluginScanner().scanDirectory(directory)
    expect(plugins).toHaveLength(6)
  })

  test('a file that cannot be read is a failure, with what the system says as its cause', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'echo')
    const { stdout } = await runProgram('unreadable.mjs', [path])
    const { plugins, scanned } = JSON.parse(stdout)
    expect(plugins).toBe(0)
    expect(scanned).toEqual([
      { path, code: 'ERR_INVALID_MODULE', details: { path }, cause: { code: 'EACCES', path } },
    ])
  })
})

describe('what the system says of the directory comes with its own code and the path', () => {
  test('one that is not there', async () => {
    const path = join(await temporaryDirectory(), 'absent')
    expect(await rejection(new PluginScanner().scanDirectory(path))).toMatchObject({ code: 'ENOENT', path })
  })

  test('one that is a file', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    expect(await rejection(new PluginScanner().scanDirectory(path))).toMatchObject({ code: 'ENOTDIR', path })
    expect(await rejection(new PluginScanner().scanDirectories([path]))).toMatchObject({
      code: 'ENOTDIR',
      path,
    })
  })
})

describe('scanning several directories', () => {
  test('finds what is in each, with failures', async () => {
    const parent = await temporaryDirectory()
    const [a, b] = [join(parent, 'a'), join(parent, 'b')]
    await mkdir(a)
    await mkdir(b)
    await guestFile(a, 'echo')
    await guestFile(b, 'counter')
    await guestFile(b, 'missing-alloc')
    const { plugins, failures } = await new PluginScanner().scanDirectories([a, pathToFileURL(b)])
    expect(plugins.map(({ path }) => path)).toEqual([join(a, 'echo.wasm'), join(b, 'counter.wasm')])
    expect(failures.map(({ path }) => path)).toEqual([join(b, 'missing-alloc.wasm')])
  })

  test('skips those that are missing', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    const missing = join(directory, 'missing')
    const { plugins } = await new PluginScanner().scanDirectories([
      missing,
      directory,
      join(missing, 'deeper'),
    ])
    expect(plugins).toHaveLength(1)
    expect(await new PluginScanner().scanDirectories([missing])).toEqual({ plugins: [], failures: [] })
    expect(await new PluginScanner().scanDirectories([])).toEqual({ plugins: [], failures: [] })
  })

  test('counts a file once, however often its directory is named', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    const spellings = [
      directory,
      `${directory}/.`,
      relative(process.cwd(), directory),
      pathToFileURL(directory),
    ]
    const { plugins } = await new PluginScanner().scanDirectories(spellings)
    expect(plugins).toHaveLength(1)
  })

  test('scans what is there at the time, each time', async () => {
    const directory = await temporaryDirectory()
    const scanner = new PluginScanner()
    expect((await scanner.scanDirectories([directory])).plugins).toHaveLength(0)
    const path = await guestFile(directory, 'echo')
    expect((await scanner.scanDirectories([directory])).plugins).toHaveLength(1)
    await rm(path)
    expect((await scanner.scanDirectories([directory])).plugins).toHaveLength(0)
  })
})

describe('a wrong argument is refused by name', () => {
  test.each([undefined, null, 1, {}, ['.'], 'a\0b', new URL('https://example.test/'), new Uint8Array(4)])(
    'scanDirectory: %o',
    async directory => {
      const { details } = await fault(
        'ERR_INVALID_ARG',
        new PluginScanner().scanDirectory(directory as string),
      )
      expect(details).toEqual({ name: 'directory' })
    },
  )

  test('scanDirectories, which takes no single path either', async () => {
    for (const directories of [undefined, null, './plugins', 1, {}, [1], ['.', null]]) {
      const scanning = new PluginScanner().scanDirectories(directories as string[])
      expect((await fault('ERR_INVALID_ARG', scanning)).details).toEqual({ name: 'directories' })
    }
  })

  test('options', () => {
    for (const [name, options] of [
      ['options', null],
      ['options', 'limits'],
      ['recursive', { recursive: true }],
      ['limits', { limits: [] }],
    ] as const) {
      const { details } = faultSync('ERR_INVALID_ARG', () => new PluginScanner(options as object))
      expect(details).toEqual({ name })
    }
  })
})
