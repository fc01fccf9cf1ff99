import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Ended } from './project.js'
import { type Registry, startRegistry } from './registry.js'
import { type Manifest, readManifest, removeAll, root, scratch } from './tarballs.js'

const run = promisify(execFile)

let directory: string
let tarballs: string
let source: Manifest
/** The packages in the order of `napi.targets`, the root's last. */
let names: string[]
let registry: Registry

beforeAll(async () => {
  directory = await scratch()
  tarballs = join(directory, 'packages')
  source = await readManifest(root)
  // Who packs and publishes does not look into an addon.
  const addons = join(directory, 'addons')
  await mkdir(addons)
  const { targets } = source.napi as { targets: string[] }
  const platforms = targets.map(nameOf)
  for (const platform of platforms)
    await writeFile(join(addons, `sen-plugin-host.${platform}.node`), `the addon for ${platform}`)
  await script('package.mjs', ['--addons', addons, '--complete', '--output', tarballs])
  names = [...platforms.map(platform => `sen-plugin-host-${platform}`), 'sen-plugin-host']
}, 180_000)

beforeEach(async () => {
  registry = await startRegistry([], [])
})

afterEach(() => registry.close())

afterAll(() => removeAll(directory))

test('the package that asks for the others comes last; a run that broke off can be repeated', async () => {
  await registry.close()
  const [, , , refused = ''] = names
  let isUp = false
  registry = await startRegistry([], [], { refuses: name => name === refused && !isUp })
  expect(await publish()).toMatchObject({ code: 1 })
  expect(registry.published).toEqual(names.slice(0, 3))
  isUp = true
  expect(await publish()).toMatchObject({ code: 0 })
  expect(registry.published).toEqual(names)
  expect([...registry.tags]).toEqual(['latest'])
  // Nothing is left to be done.
  expect(await publish()).toMatchObject({ code: 0 })
  expect(registry.published).toEqual(names)
}, 180_000)

test('what was published from another build stops all of it', async () => {
  await registry.close()
  const [, other = '', name = ''] = names
  const path = join(tarballs, `${other}-${source.version}.tgz`)
  registry = await startRegistry([{ path, manifest: { name, version: source.version } }], [])
  const { code, stdout, stderr } = await publish()
  expect({ code }).toEqual({ code: 1 })
  expect(stdout + stderr).toContain(`${name} ${source.version} was published from another build`)
  expect(registry.published).toEqual([])
}, 180_000)

test('nothing is published where the registry cannot be asked', async () => {
  await registry.close()
  const { code } = await publish()
  expect({ code }).toEqual({ code: 1 })
  registry = await startRegistry([], [])
}, 180_000)

test('a version that comes after a later one is not what is installed unasked', async () => {
  await registry.close()
  const later = { name: source.name, version: '99.0.0' }
  // One is enough to see the tag.
  registry = await startRegistry([], [later], { refuses: name => name !== names[0] })
  expect(await publish()).toMatchObject({ code: 1 })
  const [major, minor] = source.version.split('.')
  expect([...registry.tags]).toEqual([`stable-${major}.${minor}`])
}, 180_000)

test('a dry run publishes nothing, and passes by what was published from another build', async () => {
  await registry.close()
  const [, other = '', name = ''] = names
  const path = join(tarballs, `${other}-${source.version}.tgz`)
  registry = await startRegistry([{ path, manifest: { name, version: source.version } }], [])
  const { code, stderr } = await publish('--dry-run')
  expect({ code }).toEqual({ code: 0 })
  for (const each of names) if (each !== name) expect(stderr).toContain(`${each}@${source.version}`)
  expect(registry.published).toEqual([])
}, 180_000)

test.each<[what: string, spoil: (folder: string) => Promise<void>]>([
  ['a package is missing', async folder => removeAll(join(folder, `${names[2]}-${source.version}.tgz`))],
  [
    'a package has another version in it than its name says',
    folder => edit(folder, 'sen-plugin-host-darwin-arm64', manifest => ({ ...manifest, version: '0.0.1' })),
  ],
  [
    'a package is that of another platform',
    folder =>
      cp(
        join(folder, `${names[0]}-${source.version}.tgz`),
        join(folder, `${names[1]}-${source.version}.tgz`),
      ),
  ],
  [
    "the root's package asks for other versions",
    folder =>
      edit(folder, 'sen-plugin-host', manifest => ({
        ...manifest,
        optionalDependencies: { ...manifest.optionalDependencies, 'sen-plugin-host-linux-x64-gnu': '0.0.1' },
      })),
  ],
])('nothing is published where %s', async (_, spoil) => {
  const folder = await scratch()
  try {
    await cp(tarballs, folder, { recursive: true })
    await spoil(folder)
    expect(await publish('--tarballs', folder)).toMatchObject({ code: 1 })
    expect(registry.published).toEqual([])
  } finally {
    await removeAll(folder)
  }
})

/** Publishes to the registry, as somebody whom it knows. */
async function publish(...args: string[]): Promise<Ended> {
  const config = join(directory, 'npmrc')
  await writeFile(config, `${registry.url.replace('http:', '')}:_authToken=nobody\n`)
  const env = {
    npm_config_registry: registry.url,
    npm_config_userconfig: config,
    npm_config_cache: directory,
    npm_config_fetch_retries: '0',
  }
  try {
    const { stdout, stderr } = await script('publish.mjs', ['--tarballs', tarballs, ...args], env)
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as Ended
  }
}

async function edit(folder: string, name: string, change: (manifest: Manifest) => object): Promise<void> {
  const tarball = join(folder, `${name}-${source.version}.tgz`)
  await run('tar', ['-xzf', tarball, '-C', folder])
  const manifest = join(folder, 'package', 'package.json')
  await writeFile(manifest, JSON.stringify(change(JSON.parse(await readFile(manifest, 'utf8')))))
  await run('tar', ['-czf', tarball, '-C', folder, 'package'])
}

function script(name: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  // Else npm's variables of this test's own run would decide, and GitHub's say where the sources are.
  const own = Object.entries(process.env).filter(([key]) => !/^(npm_|GITHUB_)/i.test(key))
  const env = { ...Object.fromEntries(own), ...more }
  return run(process.execPath, [join(root, 'scripts', name), ...args], { cwd: root, env })
}

/** `linux-x64-gnu` for `x86_64-unknown-linux-gnu`. */
function nameOf(target: string): string {
  const [cpu = '', vendor = '', system = '', abi = ''] = target.split('-')
  const os = { apple: 'darwin', pc: 'win32', unknown: system }[vendor]
  return [os, { x86_64: 'x64', aarch64: 'arm64' }[cpu], abi].filter(part => part !== '').join('-')
}
