import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  listFiles,
  type Manifest,
  packPublished,
  readManifest,
  removeAll,
  root,
  scratch,
  type Tarball,
} from './tarballs.js'

const MB = 1_000_000
/** The triples of `napi.targets`, and what npm and Node call the machines they are for. */
const PLATFORMS = [
  ['x86_64-unknown-linux-gnu', 'linux-x64-gnu', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }],
  ['aarch64-unknown-linux-gnu', 'linux-arm64-gnu', { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] }],
  ['x86_64-unknown-linux-musl', 'linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
  ['aarch64-unknown-linux-musl', 'linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
  ['x86_64-apple-darwin', 'darwin-x64', { os: ['darwin'], cpu: ['x64'] }],
  ['aarch64-apple-darwin', 'darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
  ['x86_64-pc-windows-msvc', 'win32-x64-msvc', { os: ['win32'], cpu: ['x64'] }],
  ['aarch64-pc-windows-msvc', 'win32-arm64-msvc', { os: ['win32'], cpu: ['arm64'] }],
] as const

let source: Manifest
let directory: string
let published: Tarball
let addon: Tarball

beforeAll(async () => {
  source = await readManifest(root)
  directory = await scratch()
  const [first, second] = await packPublished(directory)
  if (first === undefined || second === undefined) throw new Error('less than two packages were packed')
  published = first
  addon = second
}, 120_000)

afterAll(() => removeAll(directory))

describe('the repository', () => {
  test('has a package for each target of the addon, and no other', async () => {
    expect((source.napi as { targets: string[] }).targets).toEqual(PLATFORMS.map(([target]) => target))
    expect((await readdir(join(root, 'npm'))).sort()).toEqual(PLATFORMS.map(([, name]) => name).sort())
  })

  test.each(PLATFORMS)('for %s, only where it fits: %s', async (_, name, where) => {
    const manifest = await readManifest(join(root, 'npm', name))
    const { os, cpu, libc } = manifest
    expect({ os, cpu, ...(libc === undefined ? {} : { libc }) }).toEqual(where)
    const file = `sen-plugin-host.${name}.node`
    expect(manifest).toMatchObject({
      name: `sen-plugin-host-${name}`,
      version: source.version,
      license: source.license,
      engines: source.engines,
      main: file,
      files: expect.arrayContaining([file]),
    })
    expect(manifest).not.toHaveProperty('scripts')
  })

  test('cannot be published as it is', () => {
    expect(source.private).toBe(true)
  })

  test('has one version in npm and in Rust', async () => {
    const cargo = await readFile(join(root, 'Cargo.toml'), 'utf8')
    expect(/^\[workspace\.package\]\nversion = "(.*)"$/m.exec(cargo)?.[1]).toBe(source.version)
  })
})

describe('the package that is published', () => {
  test('asks for the addon of every platform, in its own version', () => {
    expect(published.manifest.optionalDependencies).toEqual(
      Object.fromEntries(PLATFORMS.map(([, name]) => [`sen-plugin-host-${name}`, source.version])),
    )
  })

  test('runs nothing when it is installed, and asks for no tools', () => {
    for (const field of ['private', 'scripts', 'devDependencies', 'overrides', 'napi'])
      expect(published.manifest).not.toHaveProperty(field)
  })

  test('says what a bundler, a compiler and a package manager look for', () => {
    for (const field of ['exports', 'main', 'types', 'bin', 'engines', 'license', 'dependencies'])
      expect(published.manifest[field]).toEqual(source[field])
    expect(published.manifest).toMatchObject({ type: 'module', sideEffects: false })
  })

  test('has each file that it names', async () => {
    const files = await listFiles(published)
    const named = JSON.stringify([published.manifest.exports, published.manifest.bin]).match(/dist\/[^"]+/g)
    expect(named?.length).toBeGreaterThan(4)
    for (const file of named ?? []) expect(files).toContain(file)
  })

  test('has the code and its types, texts, completions and schemas, and nothing else', async () => {
    const allowed = [
      /^dist\/.*\.(js|cjs)(\.map)?$/,
      /^dist\/(.*\.d\.cts|index\.d\.ts|adapters\/\w+\.d\.ts|man\/sen\.1|THIRD-PARTY-LICENSES\.txt)$/,
      /^(schemas\/.*\.json|completions\/\w+(\.\w+)?)$/,
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE-(MIT|APACHE))$/,
    ]
    const files = await listFiles(published)
    expect(files.filter(file => !allowed.some(pattern => pattern.test(file)))).toEqual([])
    const needed = [
      'dist/index.js',
      'dist/index.cjs',
      'dist/sen.cjs',
      'dist/man/sen.1',
      'dist/THIRD-PARTY-LICENSES.txt',
      'completions/sen.bash',
    ]
    expect(files).toEqual(expect.arrayContaining(needed))
    expect(files).not.toContain('dist/internal.js')
  })

  test('is smaller than a megabyte', async () => {
    expect((await stat(published.path)).size).toBeLessThan(MB)
  })
})

describe("a platform's package", () => {
  test('has its addon, with the licences of all that is linked in, and nothing else', async () => {
    const [file] = (addon.manifest.files as string[]) ?? []
    expect((await listFiles(addon)).sort()).toEqual(
      [
        'LICENSE-APACHE',
        'LICENSE-MIT',
        'README.md',
        'RUST-COPYRIGHT.html',
        'THIRD-PARTY-LICENSES.txt',
        'package.json',
        file,
      ].sort(),
    )
  })

  test('runs nothing when it is installed, and depends on nothing', () => {
    for (const field of ['scripts', 'dependencies', 'optionalDependencies'])
      expect(addon.manifest).not.toHaveProperty(field)
  })

  test('is smaller than 5 megabytes', async () => {
    expect((await stat(addon.path)).size).toBeLessThan(5 * MB)
  })
})

test('a checksum of every tarball stands beside them', async () => {
  const sums = (await readFile(join(directory, 'SHA256SUMS'), 'utf8')).trim().split('\n')
  expect(sums).toHaveLength(2)
  for (const sum of sums) expect(sum).toMatch(/^[0-9a-f]{64} {2}sen-plugin-host-.*\.tgz$/)
})
