// Packs what is published and looks at it: publint and arethetypeswrong read it, then it is tried on this Node and on every
// version that scripts/node-versions.mjs lists.
//
//   node scripts/check-package.mjs                  packs it first, with the addon of dist/
//   node scripts/check-package.mjs --tarballs DIR   looks at what scripts/package.mjs has made
//   ... --here                                      tries it on this Node alone
//   ... --platform NAME                             fails where that Node is for another platform: linux-x64-gnu …

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeBinary, nodeVersions } from './node-versions.mjs'
import { source } from './platforms.mjs'
import { smoke } from './smoke.mjs'
import { main, run } from './steps.mjs'

await main(() => {
  const { values } = parseArgs({
    options: { tarballs: { type: 'string' }, here: { type: 'boolean' }, platform: { type: 'string' } },
  })
  if (values.tarballs !== undefined) return check(resolve(values.tarballs), values)
  const folder = mkdtempSync(join(tmpdir(), `${source.name}-`))
  try {
    run('node', ['scripts/package.mjs', '--output', folder])
    check(folder, values)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function check(tarballs, { here, platform }) {
  const tarball = join(tarballs, `${source.name}-${source.version}.tgz`)
  run('publint', ['run', tarball, '--strict'])
  run('attw', [tarball, '--no-emoji', '--exclude-entrypoints', 'commander', 'yargs'])
  // Resolution that knows no "exports" finds the main entry, and no other.
  run('attw', [tarball, '--no-emoji', '--profile', 'node16'])
  const others = here ? [] : nodeVersions.map(version => nodeBinary(version))
  smoke(
    tarballs,
    [process.execPath, ...others].map(node => [node]),
    platform,
  )
}
