// Packs what is published and looks at it: publint and arethetypeswrong read it, then it is laid out as installed, with the
// addon in its platform's package, and test/package/smoke.cjs uses it from there on every version of Node that is listed.
//
//   node scripts/check-package.mjs                packs it first, with the addon of dist/
//   node scripts/check-package.mjs --tarballs DIR checks what scripts/package.mjs has made
//   ... --here                                    on this Node alone, where the others have no binaries

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeBinary, nodeVersions } from './node-versions.mjs'
import { platforms, source } from './platforms.mjs'
import { ask, at, main, run, Stop } from './steps.mjs'

await main(() => {
  const { values } = parseArgs({ options: { tarballs: { type: 'string' }, here: { type: 'boolean' } } })
  const folder = mkdtempSync(join(tmpdir(), `${source.name}-`))
  try {
    const tarballs = values.tarballs === undefined ? join(folder, 'tarballs') : resolve(values.tarballs)
    if (values.tarballs === undefined) run('node', ['scripts/package.mjs', '--output', tarballs])
    const tarball = join(tarballs, `${source.name}-${source.version}.tgz`)
    run('publint', ['run', tarball, '--strict'])
    run('attw', [tarball, '--no-emoji'])

    lay(folder, tarballs)
    const smoke = [join(folder, 'smoke.cjs'), at('examples', 'plugins', 'build')]
    const env = { SEN_PLUGIN_HOST_CACHE: join(folder, 'cache') }
    run('node', smoke, { env })
    if (!values.here) for (const version of nodeVersions) run(nodeBinary(version), smoke, { env })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/**
 * node_modules as an installation leaves it: each platform's package, of which the one that fits is loaded. The
 * dependencies are links to the project's own.
 */
function lay(folder, tarballs) {
  const modules = join(folder, 'node_modules')
  for (const name of [source.name, ...platforms.map(({ packageName }) => packageName)]) {
    const file = `${name}-${source.version}.tgz`
    if (!readdirSync(tarballs).includes(file)) continue
    mkdirSync(join(modules, name), { recursive: true })
    const args = ['-xzf', join(tarballs, file), '--strip-components=1', '-C', join(modules, name)]
    if (ask('tar', args) === undefined) throw new Stop(`${file} cannot be unpacked`)
  }
  for (const dependency of Object.keys(source.dependencies))
    symlinkSync(at('node_modules', dependency), join(modules, dependency), 'junction')
  copyFileSync(at('test', 'package', 'smoke.cjs'), join(folder, 'smoke.cjs'))
}
