// Writes what is in the packages, as CycloneDX documents, into target/packages: the npm packages that the root's depends
// on, and for each platform the crates that are linked into its addon. Needs cargo-cyclonedx.

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { platforms, source } from './platforms.mjs'
import { ask, at, main, run, Stop } from './steps.mjs'

const output = at('target', 'packages')
const crate = 'sen-host-node'

await main(() => {
  const args = [
    'sbom',
    '--sbom-format',
    'cyclonedx',
    '--sbom-type',
    'library',
    '--omit',
    'dev',
    '--package-lock-only',
  ]
  const npm = ask('npm', args)
  if (npm === undefined) throw new Stop('npm sbom failed')
  writeFileSync(join(output, `${source.name}-${source.version}.cdx.json`), `${npm}\n`)

  for (const { target, packageName } of platforms) {
    const about = ['--format', 'json', '--override-filename', packageName, '--target', target]
    run('cargo', ['cyclonedx', '--manifest-path', `crates/node/Cargo.toml`, ...about])
    const file = `${packageName}-${source.version}.cdx.json`
    renameSync(at('crates', 'node', `${packageName}.json`), join(output, file))
  }
  console.log(`what is linked into ${crate} is in ${platforms.length} documents, one a platform`)
})
