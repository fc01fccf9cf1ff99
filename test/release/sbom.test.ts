import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packPublished, readManifest, removeAll, root, scratch } from './tarballs.js'

const run = promisify(execFile)

/** A document, as far as it is looked at. */
interface Bom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

interface Component {
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly 'bom-ref': string
  readonly scope?: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses: readonly object[]
}

const { napi, dependencies, version } = await readManifest(root)
const { targets } = napi as { targets: string[] }
const platforms = (await readdir(join(root, 'npm'))).map(name => `sen-plugin-host-${name}`)

let directory: string
const texts = new Map<string, string>()

beforeAll(async () => {
  directory = await scratch()
  await packPublished(directory)
  await run(process.execPath, [join(root, 'scripts', 'sbom.mjs'), directory], { cwd: root })
  for (const name of ['sen-plugin-host', ...platforms])
    texts.set(name, await readFile(join(directory, `${name}-${version}.cdx.json`), 'utf8'))
}, 180_000)

afterAll(() => removeAll(directory))

describe.each(['sen-plugin-host', ...platforms])('the bill of materials of %s', name => {
  test('is a valid CycloneDX document about that package', async () => {
    const invalid = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(textOf(name))
    expect(invalid).toBeNull()
    expect(bom(name).metadata.component).toMatchObject({ name, version, purl: `pkg:npm/${name}@${version}` })
  })

  test('has a licence for each component, and says what needs it', () => {
    const { components, dependencies: graph } = bom(name)
    const needed = new Set(graph.flatMap(({ dependsOn = [] }) => dependsOn))
    for (const component of components) {
      expect(component.licenses, component.name).toHaveLength(1)
      expect([...needed]).toContain(component['bom-ref'])
    }
  })

  test('tells nothing of the machine that it was made on', () => {
    expect(textOf(name)).not.toContain('file:')
    expect(textOf(name)).not.toContain(root)
  })
})

test("the root's package has what npm installs with it, and one package a platform", () => {
  const { components } = bom('sen-plugin-host')
  const scoped = (scope: string) => components.filter(component => component.scope === scope)
  // None of them depends on others, so far.
  expect(names(scoped('required'))).toEqual(Object.keys(dependencies ?? {}).sort())
  expect(names(scoped('optional'))).toEqual(platforms.sort())
  for (const { hashes } of scoped('required'))
    expect(hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }])
})

test("a platform's package has the very crates whose licences are in it", async () => {
  const tarballs = await readdir(directory)
  const packed = platforms.filter(name => tarballs.includes(`${name}-${version}.tgz`))
  expect(packed).toHaveLength(1)
  const [name = ''] = packed
  const file = join(directory, `${name}-${version}.tgz`)
  const { stdout } = await run('tar', ['-xzOf', file, 'package/THIRD-PARTY-LICENSES.txt'])
  const licensed = [...stdout.matchAll(/^([\w-]+ \d\S*): .+$/gm)].map(([, crate]) => crate)
  const crates = bom(name).components.filter(({ purl }) => purl.startsWith('pkg:cargo/'))
  expect(crates.map(crate => `${crate.name} ${crate.version}`).sort()).toEqual(licensed.sort())
})

test('each crate is the one that Cargo.lock names, and each platform has its own', async () => {
  const lock = await readFile(join(root, 'Cargo.lock'), 'utf8')
  expect(platforms).toHaveLength(targets.length)
  for (const platform of platforms) {
    const crates = bom(platform).components.filter(({ purl }) => purl.startsWith('pkg:cargo/'))
    expect(names(crates)).toEqual(expect.arrayContaining(['wasmtime', 'cranelift-codegen', 'napi', 'blake3']))
    for (const { name, version: of, hashes } of crates)
      expect(lock).toMatch(
        new RegExp(
          `name = "${name}"\nversion = "${of.replaceAll('.', '\\.').replace('+', '\\+')}"\n.*\nchecksum = "${hashes?.[0]?.content}"`,
        ),
      )
    // What runs in the compiler is not linked.
    for (const absent of ['syn', 'cc', 'napi-derive', 'napi-build'])
      expect(names(crates)).not.toContain(absent)
  }
  const ofSystem = (name: string, platform: string) =>
    names(bom(`sen-plugin-host-${platform}`).components).includes(name)
  expect(
    ['linux-x64-gnu', 'darwin-arm64', 'win32-x64-msvc'].map(name => ofSystem('windows-sys', name)),
  ).toEqual([false, false, true])
  expect(['linux-x64-gnu', 'darwin-arm64', 'win32-x64-msvc'].map(name => ofSystem('inotify', name))).toEqual([
    true,
    false,
    false,
  ])
})

test('the checksums beside the packages are those of the documents, too', async () => {
  await expect(
    run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: directory }),
  ).resolves.toBeDefined()
  const sums = await readFile(join(directory, 'SHA256SUMS'), 'utf8')
  for (const name of texts.keys()) expect(sums).toContain(`  ${name}-${version}.cdx.json\n`)
})

function bom(name: string): Bom {
  return JSON.parse(textOf(name)) as Bom
}

function textOf(name: string): string {
  const text = texts.get(name)
  if (text === undefined) throw new Error(`there is no document of ${name}`)
  return text
}

function names(components: readonly Component[]): string[] {
  return components.map(({ name }) => name).sort()
}
