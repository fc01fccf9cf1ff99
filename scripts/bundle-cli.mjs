// Bundles the command line for installation: dist/sen.cjs, and beside it a chunk for what each command needs besides.
// Node takes about half a millisecond for each ES module, of which sen and its libraries have a hundred.

import { rolldown } from 'rolldown'
import { at } from './steps.mjs'

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
  })
  await bundle.write({
    dir: at('dist'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'sen-[name].cjs',
    comments: false,
    sourcemap: true,
  })
  await bundle.close()
}
