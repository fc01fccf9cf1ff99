// Extism's JavaScript SDK with `allowedPaths`. It grants no variables at all.

import { createPlugin } from '@extism/extism'
import { directories, outcome } from './directories.mjs'

export const name = 'Extism'
export const grants = { readOnly: false, nonRecursive: false }

export async function open(module) {
  const plugin = await createPlugin(module, {
    useWasi: true,
    enableWasiOutput: true,
    allowedPaths: directories,
  })
  return async attempt => await outcome(() => plugin.call(attempt))
}
