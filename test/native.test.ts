import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as imported from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { rejection, thrown } from './fault.js'
import { guest } from './guest.js'
import { copyWithoutAddon } from './package-copy.js'
import { runProgram } from './system.js'

describe('without an addon for this platform', () => {
  test('importing works, and the first use says which platform has none', async () => {
    const host = await copyWithout()
    const { platform, arch } = process
    for (const error of [
      await rejection(new host.PluginLoader().load(await guest('echo'))),
      thrown(() => new host.PluginRegistry()),
    ]) {
      expect(host.isPluginHostError(error, 'ERR_UNSUPPORTED_PLATFORM')).toBe(true)
      const libc = platform === 'linux' ? { libc: expect.stringMatching(/^(gnu|musl)$/) } : {}
      expect(error).toMatchObject({ details: { platform, arch, ...libc, reason: 'not-installed' } })
    }
    expect(host.defaultPluginDirs('app')).toHaveLength(2)
  })

  test('an addon that cannot be loaded is told with what the system said', async () => {
    const host = await copyWithout(async (directory, addons) => {
      for (const addon of addons) await writeFile(join(directory, addon), 'no library')
    })
    const error = thrown(() => new host.PluginRegistry())
    expect(error).toMatchObject({
      code: 'ERR_UNSUPPORTED_PLATFORM',
      details: { reason: 'not-loadable' },
      cause: { code: 'ERR_DLOPEN_FAILED' },
    })
  })
})

test('an addon of another version is not used, and the error says what to do', async () => {
  const host = await copyWithout(async (directory, addons) => {
    const [addon = ''] = addons
    await copyFile(new URL(`../dist/${addon}`, import.meta.url), join(directory, addon))
    const file = join(directory, 'host.js')
    const text = await readFile(file, 'utf8')
    const { version } = createRequire(import.meta.url)('sen-plugin-host/package.json')
    await writeFile(file, text.replaceAll(version, '99.0.0'))
  })
  const error = thrown(() => new host.PluginRegistry()) as Error
  expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_PLATFORM', details: { reason: 'other-version' } })
  expect(error.message).toContain('Delete node_modules and the lock file')
  expect((error.cause as Error).message).toMatch(
    / is of version \S+, and sen-plugin-host of version 99\.0\.0$/,
  )
})

describe('where Node says that it runs on', () => {
  test.each([
    ['freebsd', 'x64', 'no-addon'],
    ['linux', 'riscv64', 'no-addon'],
    ['sunos', 'x64', 'no-addon'],
    ['darwin', 'arm64', 'not-installed'],
    ['win32', 'x64', 'not-installed'],
    ['linux', 'arm64', 'not-installed'],
  ])('%s on %s, the error says %s', async (platform, arch, reason) => {
    const { code, stdout } = await runProgram('elsewhere.mjs', [platform, arch])
    expect({ code, error: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      error: { code: 'ERR_UNSUPPORTED_PLATFORM', details: { platform, arch, reason } },
    })
  })
})

test('a Node that was told to load no addons is told how to', async () => {
  const { platform, arch } = process
  const { stdout } = await runProgram('elsewhere.mjs', [platform, arch], { flags: ['--no-addons'] })
  expect(JSON.parse(stdout)).toMatchObject({
    code: 'ERR_UNSUPPORTED_PLATFORM',
    details: { platform, arch, reason: 'addons-disabled' },
  })
})

test('require() and import give the same classes', () => {
  const required = createRequire(import.meta.url)('sen-plugin-host')
  expect(Object.keys(imported).length).toBeGreaterThan(5)
  for (const [name, value] of Object.entries(imported)) {
    if (name !== 'default' && name !== 'module.exports') expect(required[name]).toBe(value)
  }
})

/** A copy of the package without its addon. */
async function copyWithout(
  prepare?: (directory: string, addons: string[]) => Promise<void>,
): Promise<typeof imported> {
  const directory = await copyWithoutAddon(prepare)
  return await import(pathToFileURL(join(directory, 'index.js')).href)
}

test('an addon that is loaded again, as tools that load programs anew do, harms no earlier one', async () => {
  const dist = new URL('../dist/', import.meta.url)
  const [name = ''] = (await readdir(dist)).filter(file => file.endsWith('.node'))
  const require = createRequire(import.meta.url)
  const registry = new imported.PluginRegistry({ permissions: imported.PermissionPresets.testing() })
  await registry.loadPlugin(await guest('echo'))
  const path = require.resolve(new URL(name, dist).pathname)
  expect(require.cache[path]).toBeDefined()
  delete require.cache[path]
  require(path)
  expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
  const { command } = await registry.loadPlugin(example('wc'))
  expect(await registry.execute(command.name, ['nothing'])).toMatchObject({ usage: { effects: 0 } })
  expect((await new imported.PluginLoader().load(await guest('counter'))).manifest.command.name).toBe(
    'counter',
  )
})

const example = (name: string) =>
  fileURLToPath(new URL(`../examples/plugins/build/${name}.wasm`, import.meta.url))
