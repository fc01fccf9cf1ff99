// Directories with plugins that nothing has seen before.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pluginPath } from '../lib/build.mjs'
import { variant } from '../lib/variant.mjs'

/** Makes a directory with so many variants of the plugin hello in it, and returns the files' paths. */
export function writeModules(directory, count) {
  mkdirSync(directory, { recursive: true })
  const module = readFileSync(pluginPath('hello'))
  return Array.from({ length: count }, (_, index) => {
    const file = join(directory, `${index}.wasm`)
    writeFileSync(file, variant(module))
    return file
  })
}
