// The platforms that the package is published for, and what each one's package on npm says: one list, which is
// `napi.targets` of package.json. What stands under npm/ is written from it by scripts/version.mjs.

import { readFileSync } from 'node:fs'
import { at, Stop } from './steps.mjs'

/** The root's package.json, as it is in the repository. */
export const source = JSON.parse(readFileSync(at('package.json'), 'utf8'))

const { binaryName, packageName, targets } = source.napi
const cpus = { x86_64: 'x64', aarch64: 'arm64' }
const systems = { unknown: 'linux', apple: 'darwin', pc: 'win32' }
const libcs = { gnu: 'glibc', musl: 'musl' }

// In here rather than from a library: this runs where packages are published, and nothing else may there.
/** Each platform: its `name` (as linux-x64-gnu), Rust `target`, `os`, `cpu` and `libc` in npm's words, package and addon. */
export const platforms = targets.map(target => {
  const [machine, vendor, , abi] = target.split('-')
  const [os, cpu] = [systems[vendor], cpus[machine]]
  const name = [os, cpu, abi].filter(part => part !== undefined).join('-')
  return {
    name,
    target,
    os,
    cpu,
    libc: os === 'linux' ? libcs[abi] : undefined,
    packageName: `${packageName}-${name}`,
    addon: `${binaryName}.${name}.node`,
  }
})

/** The targets that a script's command line names; none for all that it can do. */
export function namedTargets() {
  const named = process.argv.slice(2)
  const unknown = named.find(target => !targets.includes(target))
  if (unknown !== undefined) throw new Stop(`there is no target ${unknown} in napi.targets of package.json`)
  return named
}

/** The package.json of a platform's package. */
export function platformManifest({ name, os, cpu, libc, packageName, addon }) {
  const { version, license, engines } = source
  return {
    name: packageName,
    version,
    description: `The addon of ${source.name} for ${name}`,
    license,
    main: addon,
    files: [addon, 'LICENSE-*', 'THIRD-PARTY-LICENSES.txt', 'RUST-COPYRIGHT.html'],
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
  }
}

/** The README.md of a platform's package. */
export function platformReadme({ target, packageName }) {
  return `# ${packageName}

The addon of [${source.name}](https://www.npmjs.com/package/${source.name}) for \`${target}\`. npm installs it
with that package where it fits; it is of no use by itself.
`
}

/**
 * The package.json that is published: without what only the repository needs, and with the platforms' packages. They are
 * not in the repository's own, because a clone's `npm ci` would ask the registry for packages of a version that is not
 * published yet, and take whatever somebody else had put there.
 */
export function rootManifest() {
  const {
    private: _,
    scripts,
    devDependencies,
    overrides,
    '//overrides': __,
    '//private': ___,
    napi,
    ...published
  } = source
  const optionalDependencies = Object.fromEntries(
    platforms.map(({ packageName }) => [packageName, source.version]),
  )
  return { ...published, optionalDependencies }
}
