// Tries what is packed: it is laid out as installed, and test/package/smoke.cjs uses it from there.

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platforms, source } from './platforms.mjs'
import { ask, at, run, Stop } from './steps.mjs'

/**
 * Runs the smoke test with each of these commands, each of which is a Node, on the tarballs of a directory. Fails where
 * they are not for the named platform, if one is named.
 */
export function smoke(tarballs, nodes, platform = '') {
  const folder = mkdtempSync(join(tmpdir(), `${source.name}-`))
  try {
    lay(folder, tarballs)
    const args = [join(folder, 'smoke.cjs'), at('examples', 'plugins', 'build'), platform]
    for (const [command, ...words] of nodes) {
      const env = { SEN_PLUGIN_HOST_CACHE: join(folder, 'cache') }
      run(command, [...words, ...args, command, ...words], { env })
    }
  } finally {
    // Windows lets go of an addon's file some time after the last process that had it.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/**
 * node_modules as an installation leaves it, with every platform's package that there is: the one that fits is loaded.
 * The dependencies are links to the project's own.
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
