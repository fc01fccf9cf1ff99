// The crates that are linked into an addon: what its licences and its bill of materials tell of.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { at, Stop } from './steps.mjs'

const CRATE = 'sen-host-node'

const cache = new Map()

/**
 * The crates from registries that are linked into the addon for this target, by name and version: each with what its
 * Cargo.toml says of it (as `cargo metadata` puts it), its `checksum`, and the `dependencies` of it that are linked too.
 * Those of build scripts and procedural macros are not: they run in the compiler.
 */
export function linkedCrates(target) {
  if (!cache.has(target)) cache.set(target, read(target))
  return cache.get(target)
}

/** The keys of the crates that the addon itself depends on, through the crates of this workspace. */
export function directCrates(target) {
  const known = new Set(linkedCrates(target).map(keyOf))
  const own = [...tree(target)].filter(([key]) => !known.has(key))
  return new Set(own.flatMap(([, dependencies]) => [...dependencies].filter(key => known.has(key))))
}

/** What tells one crate from all others. */
export const keyOf = ({ name, version }) => `${name} v${version}`

function read(target) {
  const linked = tree(target)
  const checksums = readChecksums()
  const { packages } = JSON.parse(cargo('metadata', '--format-version=1', '--filter-platform', target))
  return packages
    .filter(crate => crate.source !== null && linked.has(keyOf(crate)))
    .map(crate => ({
      ...crate,
      checksum: checksums.get(keyOf(crate)),
      dependencies: [...linked.get(keyOf(crate))].sort(),
    }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/**
 * Each crate with those that it depends on. `cargo tree` is what knows the features that this build has: `cargo metadata`
 * counts those that other members of the workspace, as benchmarks, ask for.
 */
function tree(target) {
  const args = ['--package', CRATE, '--target', target, '--edges', 'normal,no-proc-macro']
  const linked = new Map()
  const ancestors = []
  for (const line of cargo('tree', ...args, '--prefix', 'depth', '--format', ' {p}')
    .trim()
    .split('\n')) {
    const [, depth, key] = /^(\d+) (\S+ v\S+)/.exec(line) ?? []
    if (key === undefined) throw new Stop(`cargo tree says what is not understood: ${line}`)
    if (!linked.has(key)) linked.set(key, new Set())
    ancestors[Number(depth)] = key
    linked.get(ancestors[Number(depth) - 1])?.add(key)
  }
  return linked
}

function readChecksums() {
  const lock = readFileSync(at('Cargo.lock'), 'utf8')
  const entries = lock.matchAll(/^name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"$/gm)
  return new Map([...entries].map(([, name, version, checksum]) => [keyOf({ name, version }), checksum]))
}

function cargo(command, ...args) {
  const options = { cwd: at(), encoding: 'utf8', maxBuffer: 2 ** 28 }
  const { status, stdout, stderr } = spawnSync('cargo', [command, '--locked', ...args], options)
  if (status !== 0) throw new Stop(`cargo ${command} failed: ${stderr}`)
  return stdout
}
