// Writes what is in the packages, as CycloneDX documents: `npm run sbom`, into target/packages, or `npm run sbom -- DIR`.
// One is of the root's package, with the npm packages that it depends on, and one of each platform's, with the crates that
// are linked into its addon. The same list of crates as in THIRD-PARTY-LICENSES.txt: `npm sbom` and cargo's tools leave out
// what development needs as well, or tell of what is not linked.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import parseExpression from 'spdx-expression-parse'
import { writeChecksums } from './checksums.mjs'
import { directCrates, keyOf, linkedCrates } from './linked-crates.mjs'
import { platformManifest, platforms, rootManifest } from './platforms.mjs'
import { ask, at, main, Stop } from './steps.mjs'

const licenses = new Contrib.License.Factories.LicenseFactory(parseExpression)

await main(() => {
  const output = resolve(process.argv[2] ?? at('target', 'packages'))
  mkdirSync(output, { recursive: true })
  const documents = [rootDocument(), ...platforms.map(platformDocument)]
  for (const bom of documents) {
    const { name, version } = bom.metadata.component
    const file = join(output, `${name}-${version}.cdx.json`)
    const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
    writeFileSync(file, `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`)
  }
  writeChecksums(output)
  const counts = documents.map(({ metadata, components }) => [
    metadata.component.name,
    { components: components.size },
  ])
  console.table(Object.fromEntries(counts))
})

/** The root's package: what npm installs with it, of which one platform's package is for each machine. */
function rootDocument() {
  const manifest = rootManifest()
  const lock = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages
  const components = new Map()
  const visit = (name, from) => {
    const path = resolvePackage(lock, name, from)
    if (components.has(path)) return components.get(path)
    const entry = lock[path]
    const component = npmComponent({ name, ...entry }, { scope: Enums.ComponentScope.Required })
    component.hashes = hashesOf(entry.integrity)
    components.set(path, component)
    for (const dependency of Object.keys(entry.dependencies ?? {}))
      component.dependencies.add(visit(dependency, path).bomRef)
    return component
  }
  const direct = Object.keys(manifest.dependencies).map(name => visit(name, ''))
  const optional = platforms.map(platform =>
    npmComponent(platformManifest(platform), { scope: Enums.ComponentScope.Optional }),
  )
  return document(npmComponent(manifest), [...components.values(), ...optional], [...direct, ...optional])
}

/** A platform's package: the crates that are linked into its addon, and Rust's own library. */
function platformDocument(platform) {
  const { target } = platform
  const crates = new Map(linkedCrates(target).map(crate => [keyOf(crate), crateComponent(crate)]))
  for (const crate of linkedCrates(target)) {
    const { dependencies } = crates.get(keyOf(crate))
    for (const key of crate.dependencies) dependencies.add(crates.get(key).bomRef)
  }
  const direct = [...directCrates(target)].map(key => crates.get(key))
  const std = standardLibrary()
  return document(npmComponent(platformManifest(platform)), [...crates.values(), std], [...direct, std])
}

function document(component, components, direct) {
  for (const { bomRef } of direct) component.dependencies.add(bomRef)
  return new Models.Bom({
    serialNumber: Contrib.Bom.Utils.randomSerialNumber(),
    metadata: new Models.Metadata({ timestamp: new Date(), component }),
    components: new Models.ComponentRepository(components),
  })
}

function npmComponent({ name, version, description, license }, more = {}) {
  const purl = `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${encodeURIComponent(version)}`
  return library(name, { version, description, license, purl, ...more })
}

function crateComponent({ name, version, description, license, checksum }) {
  const component = library(name, {
    version,
    description: description?.trim(),
    // A slash is how Cargo.toml used to say OR.
    license: license?.replaceAll('/', ' OR '),
    purl: `pkg:cargo/${name}@${encodeURIComponent(version)}`,
    scope: Enums.ComponentScope.Required,
  })
  component.hashes.set(Enums.HashAlgorithm['SHA-256'], checksum)
  return component
}

function standardLibrary() {
  const version = /^release: (.+)$/m.exec(ask('rustc', ['--version', '--verbose']) ?? '')?.[1]
  if (version === undefined) throw new Stop('rustc does not say which version it is')
  return library('rust-std', {
    version,
    description: "Rust's standard library",
    license: 'MIT OR Apache-2.0',
    purl: `pkg:generic/rust-std@${version}`,
    scope: Enums.ComponentScope.Required,
  })
}

function library(name, { license, purl, ...about }) {
  const component = new Models.Component(Enums.ComponentType.Library, name, { purl, bomRef: purl, ...about })
  if (license === undefined) throw new Stop(`${name} says nothing of its licence`)
  component.licenses.add(licenses.makeFromString(license))
  return component
}

/** Where Node would find a package that one at `from` asks for: in its own folder, or in one above. */
function resolvePackage(lock, name, from) {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`
  if (path in lock) return path
  if (from === '') throw new Stop(`package-lock.json has no ${name}: npm install`)
  return resolvePackage(lock, name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))))
}

function hashesOf(integrity) {
  const [, algorithm, digest] = /^(sha\d+)-(.+)$/.exec(integrity) ?? []
  const names = { sha512: 'SHA-512', sha256: 'SHA-256', sha1: 'SHA-1' }
  const content = Buffer.from(digest, 'base64').toString('hex')
  return new Models.HashDictionary([[Enums.HashAlgorithm[names[algorithm]], content]])
}
