// Bundles the command line for installation: dist/sen.cjs, and beside it a chunk for what each command needs besides.
// Node takes about half a millisecond for each ES module, of which sen and its libraries have a hundred.

import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { source } from './platforms.mjs'
import { at, Stop } from './steps.mjs'
import { licensesOfPackages } from './third-party-licenses.mjs'

const LATE_CHILD_PROCESS = '\0late-child-process'

/**
 * For Commander, which asks for `node:child_process` on import, and needs it only for commands that are programs of their
 * own, of which sen has none: loads it at its first use.
 */
const lateChildProcess = {
  name: 'late-child-process',
  resolveId: (source, importer) =>
    source === 'node:child_process' && /[\\/]commander[\\/]/.test(importer ?? '') ? LATE_CHILD_PROCESS : null,
  load: id =>
    id === LATE_CHILD_PROCESS
      ? "module.exports = new Proxy({}, { get: (_, name) => require('node:child_process')[name] })"
      : null,
}

/** Writes dist/sen.cjs and dist/sen-*.cjs, and the licences of the libraries that are in them. */
export async function bundleCommandLine() {
  const bundle = await rolldown({
    input: { sen: at('src', 'cli', 'main.ts') },
    platform: 'node',
    tsconfig: at('tsconfig.json'),
    transform: { define: { PACKAGE_VERSION: JSON.stringify(source.version) } },
    // As ES modules, where libraries have them: others look for their files at run time.
    resolve: { mainFields: ['module', 'main'] },
    // Large, and for plugins that use the network alone.
    external: ['undici'],
    plugins: [lateChildProcess],
  })
  const { output } = await bundle.write({
    dir: at('dist'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'sen-[name].cjs',
    comments: false,
    sourcemap: true,
    // What every start needs in one file: Node takes about half a millisecond for each of these, too.
    codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] },
  })
  await bundle.close()
  const modules = output.flatMap(chunk => Object.keys(chunk.modules ?? {}))
  writeFileSync(at('dist', 'THIRD-PARTY-LICENSES.txt'), licensesOfPackages(packagesOf(modules)))
}

/** The folders of the packages that modules are from, this one left out. */
function packagesOf(modules) {
  const folders = new Set()
  for (const module of modules) {
    if (!/[\\/]node_modules[\\/]/.test(module)) continue
    let folder = dirname(module.replaceAll('\0', ''))
    // A folder inside a package may say of what kind its modules are, in a package.json without a name.
    while (
      !existsSync(join(folder, 'package.json')) ||
      !/[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+$/.test(folder)
    ) {
      if (dirname(folder) === folder) throw new Stop(`${module} is of no package`)
      folder = dirname(folder)
    }
    folders.add(folder)
  }
  return folders
}
