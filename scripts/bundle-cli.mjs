// Bundles the command line for installation: dist/sen.cjs, and beside it a chunk for what each command needs besides.
// Node takes about half a millisecond for each ES module, of which sen and its libraries have a hundred.

import { rolldown } from 'rolldown'
import { at } from './steps.mjs'

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

/** Writes dist/sen.cjs and dist/sen-*.cjs. */
export async function bundleCommandLine() {
  const bundle = await rolldown({
    input: { sen: at('src', 'cli', 'main.ts') },
    platform: 'node',
    tsconfig: at('tsconfig.json'),
    // As ES modules, where libraries have them: others look for their files at run time.
    resolve: { mainFields: ['module', 'main'] },
    // Large, and for plugins that use the network alone.
    external: ['undici'],
    plugins: [lateChildProcess],
  })
  await bundle.write({
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
}
