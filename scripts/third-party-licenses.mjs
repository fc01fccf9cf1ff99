// The licences of all that is linked into an addon: their texts have to go wherever the binary goes.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { at, Stop } from './steps.mjs'

const CRATE = 'sen-host-node'
const isLicence = name => /^(licen[cs]e|copying|notice|unlicense|copyright)/i.test(name)

const cache = new Map()

/** Each crate that is linked for this target, with its licence, then each text once, with the crates it is of. */
export function thirdPartyLicenses(target) {
  if (!cache.has(target)) cache.set(target, render(linkedCrates(target)))
  return cache.get(target)
}

/** The crates from registries in the dependencies of the addon, by name and version; those of build scripts are not. */
export function linkedCrates(target) {
  const { packages, resolve } = metadata(target)
  const nodes = new Map(resolve.nodes.map(node => [node.id, node]))
  // A procedural macro runs in the compiler, and so does what it uses; only what it writes is linked.
  const macros = new Set(packages.filter(({ targets }) => targets.some(isMacro)).map(({ id }) => id))
  const linked = new Set()
  const visit = id => {
    if (linked.has(id) || macros.has(id)) return
    linked.add(id)
    for (const { pkg, dep_kinds } of nodes.get(id).deps) {
      if (dep_kinds.some(({ kind }) => kind === null)) visit(pkg)
    }
  }
  visit(packages.find(({ name }) => name === CRATE).id)
  return packages
    .filter(({ id, source }) => linked.has(id) && source !== null)
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))
}

const isMacro = ({ kind }) => kind.includes('proc-macro')

function metadata(target) {
  const args = ['metadata', '--format-version=1', '--locked', '--filter-platform', target]
  const { status, stdout, stderr } = spawnSync('cargo', args, {
    cwd: at(),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Stop(`cargo metadata failed: ${stderr}`)
  return JSON.parse(stdout)
}

function render(crates) {
  const texts = new Map()
  for (const { name, version, manifest_path: manifest, license } of crates) {
    const folder = dirname(manifest)
    const files = readdirSync(folder, { withFileTypes: true }).filter(
      entry => entry.isFile() && isLicence(entry.name),
    )
    if (files.length === 0 && !license) throw new Stop(`${name} ${version} has no licence`)
    for (const file of files) {
      const text = readFileSync(join(folder, file.name), 'utf8').replaceAll('\r\n', '\n').trim()
      texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`])
    }
  }
  const list = crates.map(({ name, version, license }) => `${name} ${version}: ${license ?? 'see below'}`)
  const rule = '='.repeat(80)
  return [
    'This addon contains the following software, each under its own licence.',
    list.join('\n'),
    ...[...texts].map(([text, of]) => `${rule}\n${of.join(', ')}\n${rule}\n\n${text}`),
  ]
    .join('\n\n')
    .concat('\n')
}
