import { cp, readdir, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as imported from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { rejection, thrown } from './fault.js'
import { guest, temporaryDirectory } from './guest.js'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const modules = fileURLToPath(new URL('../node_modules', import.meta.url))

describe('without an addon for this platform', () => {
  test('importing works, and the first use says which platform has none', async () => {
    const host = await copyWithout(async () => {})
    const { platform, arch } = process
    for (const error of [
      await rejection(new host.PluginLoader().load(await guest('echo'))),
      thrown(() => new host.PluginRegistry()),
    ]) {
      expect(host.isPluginHostError(error, 'ERR_UNSUPPORTED_PLATFORM')).toBe(true)
      const libc = platform === 'linux' ? { libc: expect.stringMatching(/^(gnu|musl)$/) } : {}
      expect(error).toMatchObject({ details: { platform, arch, ...libc } })
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
      cause: { code: 'ERR_DLOPEN_FAILED' },
    })
  })
})

test('require() and import give the same classes', () => {
  const required = createRequire(import.meta.url)('sen-plugin-host')
  expect(Object.keys(imported).length).toBeGreaterThan(5)
  for (const [name, value] of Object.entries(imported)) {
    if (name !== 'default' && name !== 'module.exports') expect(required[name]).toBe(value)
  }
})

/** The package as it was built but for its addon, in whose place `prepare` may put something else. */
async function copyWithout(
  prepare: (directory: string, addons: string[]) => Promise<void>,
): Promise<typeof imported> {
  const directory = join(await temporaryDirectory(), 'dist')
  await cp(dist, directory, { recursive: true, filter: source => !source.endsWith('.node') })
  await symlink(modules, join(dirname(directory), 'node_modules'))
  await writeFile(join(dirname(directory), 'package.json'), '{ "type": "module" }')
  const addons = (await readdir(dist)).filter(file => file.endsWith('.node'))
  await prepare(directory, addons)
  return await import(pathToFileURL(join(directory, 'index.js')).href)
}
