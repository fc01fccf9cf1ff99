// Bundles the package's entries: one file each in dist/, and beside them host.js, what they share, and a chunk for what is loaded later.
// Node takes about half a millisecond for each ES module, of which there are more than a hundred.

import { isAbsolute } from 'node:path'
import { rolldown } from 'rolldown'
import { source } from './platforms.mjs'
import { at } from './steps.mjs'

/** Writes dist/ENTRY.js for paths in src/ without endings, and dist/host*.js. */
export async function bundleLibrary(entries) {
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map(entry => [entry, at('src', `${entry}.ts`)])),
    platform: 'node',
    tsconfig: at('tsconfig.json'),
    transform: { define: { PACKAGE_VERSION: JSON.stringify(source.version) } },
    // Packages stay what npm has installed: programs have them once, and get their corrections.
    external: id => !id.startsWith('.') && !isAbsolute(id),
  })
  await bundle.write({
    dir: at('dist'),
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // What entries share is one chunk: most programs need all of it, and each chunk more takes time.
    codeSplitting: { groups: [{ name: 'host', minShareCount: 2 }] },
    comments: false,
    sourcemap: true,
  })
  await bundle.close()
}
