import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { coresCheck, kernelCheck, memoryCheck } from '../../src/cli/doctor/engine.js'
import { nodeCheck } from '../../src/cli/doctor/versions.js'
import { packageData } from '../../src/cli/package-data.js'
import { guestFile, temporaryDirectory } from '../guest.js'
import { copyWithoutAddon } from '../package-copy.js'
import { controlsIn, type SenOptions, sen, senJson, senOnTerminal } from './sen.js'

interface Verdict {
  readonly state: string
  readonly message: string
  readonly remedy?: string
}
type Check = Verdict & { readonly name: string }

/** What the doctor says to programs. */
async function doctor(args: readonly string[], options: SenOptions = {}) {
  const { code, json } = await senJson(['doctor', '--json', ...args], options)
  const check = (name: string) => json.checks.find((check: Check) => check.name === name)
  // Whatever the case: it is ok without problems, and only what is well has no remedy.
  const verdicts: Verdict[] = [...json.checks, ...json.plugins]
  expect(json.ok).toBe(verdicts.every(({ state }) => state !== 'problem'))
  expect(code === 0).toBe(json.ok)
  for (const { state, message, remedy } of verdicts) {
    expect(message).not.toBe('')
    expect(remedy === undefined).toBe(state === 'ok')
  }
  return { code, json, check }
}

const onPosix = test.skipIf(process.platform === 'win32')
const onLinux = test.skipIf(process.platform !== 'linux')

describe('sen doctor', () => {
  test('finds nothing wrong with a directory of plugins, and says what there is', async () => {
    const [directory, cache] = [await temporaryDirectory(), await temporaryDirectory()]
    await guestFile(directory, 'echo')
    const { code, json, check } = await doctor(['--cache', cache, directory])
    expect(code).toBe(0)
    const { version } = packageData()
    const details = { name: expect.any(String), state: 'ok', message: expect.any(String) }
    expect(Object.keys(json)).toEqual(['ok', 'checks', 'plugins'])
    expect(check('package')).toEqual({ ...details, details: { version } })
    expect(check('node')).toMatchObject({ state: 'ok', details: { version: process.versions.node } })
    expect(check('platform')).toMatchObject({ details: { platform: process.platform, arch: process.arch } })
    expect(check('addon')).toEqual({ ...details, details: { source: expect.stringMatching(/\.node$/) } })
    expect(check('memory').details.allocation).toMatch(/^(pooling|on-demand)$/)
    expect(check('cores').details.cores).toBeGreaterThan(0)
    expect(check('cache')).toEqual({
      ...details,
      details: { directory: cache, usable: true, entries: 0, bytes: 0 },
    })
    expect(check('directory')).toEqual({ ...details, details: { path: directory, files: 1 } })
    expect(json.plugins).toEqual([
      {
        path: join(directory, 'echo.wasm'),
        state: 'ok',
        message: expect.stringContaining('echo'),
        command: 'echo',
        apiVersion: 2,
        digest: expect.stringMatching(/^blake3:[0-9a-f]{64}$/),
        capabilities: expect.objectContaining({ fsRead: [], net: [] }),
      },
    ])
  })

  test('tells people on a line each, what to do below, and counts', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    const { code, stdout, stderr } = await sen(['doctor', directory])
    expect({ code, stderr }).toEqual({ code: 78, stderr: '' })
    expect(stdout).toMatch(/^ok {7}package: sen-plugin-host \d/m)
    expect(stdout).toMatch(/^ok {7}plugin: .*echo\.wasm: echo, API version 2, blake3:[0-9a-f]{12}$/m)
    expect(stdout).toMatch(
      /^problem {2}plugin: .*broken\.wasm: .*\(ERR_INVALID_MODULE\)\n {9}remedy: [^\n]+$/m,
    )
    expect(stdout).toMatch(/\n\n1 problem, \d warnings?\n$/)
  })

  test('wants the directories that are named, and not the default ones', async () => {
    const empty = await temporaryDirectory()
    const byDefault = await doctor([], { cwd: empty })
    expect(byDefault.code).toBe(0)
    expect(byDefault.json.checks.filter(({ name }: Check) => name === 'directory')).toHaveLength(2)

    const missing = join(empty, 'nosuch')
    const file = join(empty, 'file')
    await writeFile(file, '')
    for (const [args, path, code] of [
      [[missing], missing, 'ENOENT'],
      [['--plugins', missing], missing, 'ENOENT'],
      [[file], file, 'ENOTDIR'],
    ] as const) {
      const { code: exitCode, check } = await doctor(args)
      expect(exitCode).toBe(2)
      expect(check('directory')).toMatchObject({ state: 'problem', details: { path, code } })
    }
  })

  test('looks at all directories, by argument and option, each once', async () => {
    const [first, second] = [await temporaryDirectory(), await temporaryDirectory()]
    const { json } = await doctor(['--plugins', second, first, second, `${first}/.`])
    const directories = json.checks.filter(({ name }: Check) => name === 'directory')
    expect(directories.map(({ details }: { details: { path: string } }) => details.path)).toEqual([
      first,
      second,
    ])
  })
})

describe('plugins that are not well', () => {
  test.each([
    ['missing-execute', 78, 'ERR_MISSING_EXPORT'],
    ['manifest-not-msgpack', 79, 'ERR_DECODE'],
    ['unknown-import', 78, 'ERR_INSTANTIATION'],
    ['forever-in-manifest', 71, 'ERR_FUEL_EXHAUSTED'],
  ])('%s is a problem, with the exit code that inspecting it has', async (name, exitCode, error) => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, name)
    await guestFile(directory, 'echo')
    const { code, json } = await doctor([directory])
    expect(code).toBe(exitCode)
    expect((await sen(['inspect', path])).code).toBe(exitCode)
    expect(json.plugins).toMatchObject(
      [
        { path: join(directory, 'echo.wasm'), state: 'ok' },
        { path, state: 'problem', error: { code: error } },
      ].sort((a, b) => (a.path < b.path ? -1 : 1)),
    )
  })

  test('one whose command an earlier file has is a warning, which names that file', async () => {
    const [first, second] = [await temporaryDirectory(), await temporaryDirectory()]
    const owner = await guestFile(first, 'echo')
    await guestFile(first, 'echo', 'copy.wasm')
    await guestFile(second, 'echo')
    const { code, json } = await doctor([first, second])
    expect(code).toBe(0)
    expect(json.plugins).toMatchObject([
      { path: join(first, 'copy.wasm'), state: 'warning', command: 'echo', owner },
      { path: owner, state: 'ok', command: 'echo' },
      { path: join(second, 'echo.wasm'), state: 'warning', command: 'echo', owner },
    ])
    expect(json.plugins[1]).not.toHaveProperty('owner')
  })

  test('one that asks for what nobody grants is a warning, with what it asks for', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'capabilities-fs')
    const { code, json } = await doctor([directory])
    expect(code).toBe(0)
    expect(json.plugins).toMatchObject([{ state: 'warning', capabilities: { fsRead: [expect.anything()] } }])
    expect((await sen(['doctor', directory])).stdout).toContain('reads files: ./data')
  })

  test('one that was granted what it asks for is well, and says what that is', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'capabilities-fs')
    const env = { XDG_CONFIG_HOME: await temporaryDirectory() }
    expect((await sen(['permissions', 'grant', path], { env })).code).toBe(0)
    const { json } = await senJson(['doctor', '--json', directory], { env })
    expect(json.plugins).toMatchObject([{ state: 'ok', ungranted: { fsRead: [] } }])
    expect((await sen(['doctor', directory], { env })).stdout).toContain('granted: reads files: ./data')
  })

  test('one that needs more than a limit is well under a higher one', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'manifest-map')
    expect((await doctor([directory])).code).toBe(0)
    const { code, json } = await doctor(['--result-bytes', '10', directory])
    expect(code).toBe(80)
    expect(json.plugins[0].remedy).toContain('--result-bytes')
  })

  onPosix('names of files are inert on a terminal', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo', 'a\x1b]0;title\x07.wasm')
    await writeFile(join(directory, 'b\x1b[2J.wasm'), 'not wasm')
    const { stdout } = await senOnTerminal(['doctor', directory], { env: { NO_COLOR: '1' } })
    expect(controlsIn(stdout)).toEqual([])
    expect(stdout).toContain('a\\x1b]0;title\\x07.wasm')
  })
})

describe('directories that others may write to', () => {
  onPosix.each([
    [0o777, 'chmod go-w '],
    [0o775, 'chmod go-w '],
    [0o1777, 'keep plugins in '],
  ])('are a warning: mode %i', async (mode, remedy) => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    await chmod(directory, mode)
    const { code, json, check } = await doctor([directory])
    expect(code).toBe(0)
    expect(check('directory')).toMatchObject({
      state: 'warning',
      remedy: expect.stringContaining(remedy),
    })
    expect(json.plugins).toHaveLength(1)
    await chmod(directory, 0o755)
    expect((await doctor([directory])).check('directory').state).toBe('ok')
  })
})

describe('a cache that cannot be used', () => {
  test('is a warning with its reason: no directory', async () => {
    const file = join(await temporaryDirectory(), 'file')
    await writeFile(file, '')
    const { code, check } = await doctor(['--cache', file, await temporaryDirectory()])
    expect(code).toBe(0)
    expect(check('cache')).toMatchObject({
      state: 'warning',
      remedy: expect.stringContaining('--cache DIR'),
      details: { directory: file, usable: false, reason: expect.any(String) },
    })
  })

  onPosix('is a warning with its reason: others may write to it', async () => {
    const cache = await temporaryDirectory()
    await chmod(cache, 0o777)
    const { check } = await doctor(['--cache', cache, await temporaryDirectory()])
    expect(check('cache')).toMatchObject({ state: 'warning', remedy: `chmod go-w ${cache}` })
  })

  onPosix('is a warning with its reason: its key cannot be made', async () => {
    const cache = await temporaryDirectory()
    await mkdir(join(cache, 'key', 'something'), { recursive: true })
    const { check } = await doctor(['--cache', cache, await temporaryDirectory()])
    expect(check('cache')).toMatchObject({
      state: 'warning',
      remedy: expect.stringContaining(join(cache, 'key')),
    })
  })

  test('is none that was switched off', async () => {
    const directory = await temporaryDirectory()
    for (const [args, env] of [
      [['--no-cache'], {}],
      [[], { SEN_PLUGIN_HOST_CACHE: 'off' }],
    ] as const) {
      const { check } = await doctor([...args, directory], { env })
      expect(check('cache')).toMatchObject({ state: 'ok' })
    }
  })

  onLinux('is a warning where the user has no directory for caches', async () => {
    const env = { SEN_PLUGIN_HOST_CACHE: '', XDG_CACHE_HOME: 'relative' }
    const { check } = await doctor([await temporaryDirectory()], { env })
    expect(check('cache')).toMatchObject({
      state: 'warning',
      remedy: expect.stringContaining('XDG_CACHE_HOME'),
    })
  })

  test('is a warning when something in it is not authentic', async () => {
    const [directory, cache] = [await temporaryDirectory(), await temporaryDirectory()]
    await writeFile(join(cache, `${'0'.repeat(64)}.cwasm`), 'forged', { mode: 0o400 })
    const { check } = await doctor(['--cache', cache, directory])
    expect(check('cache')).toMatchObject({
      state: 'warning',
      details: { usable: true, entries: 1, bytes: 6 },
    })
  })
})

describe('where the engine has it hard', () => {
  test('without an addon, the doctor works, says so, and ends with 84', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    const main = join(await copyWithoutAddon(), 'sen.cjs')
    const { code, json, check } = await doctor([directory], { main })
    expect(code).toBe(84)
    expect(check('addon')).toMatchObject({
      state: 'problem',
      details: { code: 'ERR_UNSUPPORTED_PLATFORM', platform: process.platform, arch: process.arch },
    })
    expect(check('directory')).toMatchObject({ state: 'ok', details: { files: 1 } })
    expect(check('memory')).toBeUndefined()
    expect(json.plugins).toEqual([])
  })

  test('an addon that cannot be loaded is a problem, with what the system said', async () => {
    const dist = await copyWithoutAddon(async (directory, addons) => {
      for (const addon of addons) await writeFile(join(directory, addon), 'no library')
    })
    const { code, stdout } = await sen(['doctor'], { main: join(dist, 'sen.cjs') })
    expect(code).toBe(84)
    expect(stdout).toMatch(/^problem {2}addon: the addon for .* could not be loaded: .+\n {9}remedy: /m)
  })

  onLinux('limited address space is a warning', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    const { code, json, check } = await doctor([directory], { shell: 'ulimit -v 4194304' })
    expect(code).toBe(0)
    expect(check('memory')).toMatchObject({ state: 'warning', details: { allocation: 'on-demand' } })
    expect(json.plugins).toMatchObject([{ state: 'ok' }])
  })

  test('no memory for guests at all is a problem', () => {
    expect(memoryCheck(undefined)).toMatchObject({ state: 'problem', exitCode: 84 })
    expect(memoryCheck('pooling').state).toBe('ok')
  })

  test.each([
    ['6.7.0', true],
    ['6.18.44-generic', true],
    ['7.0.0', true],
    ['6.6.99', false],
    ['5.15.0-91-generic', false],
  ])('a kernel is nothing to do something about, old or new: %s', (release, pagemapScan) => {
    expect(kernelCheck(release)).toMatchObject({ state: 'ok', details: { pagemapScan } })
  })

  test('one core is nothing to do something about', () => {
    expect(coresCheck(1)).toMatchObject({ state: 'ok', details: { cores: 1 } })
    expect(coresCheck(1).message).not.toBe(coresCheck(2).message)
  })

  test.each([
    ['20.18.9', 'problem'],
    ['20.19.0', 'ok'],
    ['21.7.3', 'problem'],
    ['22.11.0', 'problem'],
    ['22.12.0', 'ok'],
    ['23.0.0', 'ok'],
    ['26.1.0-nightly', 'ok'],
  ])('only versions of Node that package.json names are supported: %s', (version, state) => {
    expect(nodeCheck(version, packageData().engines.node).state).toBe(state)
  })
})
