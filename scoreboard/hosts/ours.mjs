// This host. The guest's manifest declares what it is granted.

import { isPluginHostError, PermissionPresets, PluginRegistry } from '../../dist/index.js'

export const name = 'this host'
export const grants = { readOnly: true, nonRecursive: true }

// Enough for a race; what never ends meets the deadline in any case.
const limits = { fuel: 2n ** 63n, timeoutMs: 3000 }

/** Loads the guest, with directories of the working directory; resolves to how an attempt is run. */
export async function open(module) {
  const registry = new PluginRegistry({ limits, permissions: PermissionPresets.testing() })
  await registry.loadPlugin(module)
  // Whatever is decided when it is first used has been decided then. A guest that is given nothing would hold anything.
  const { output } = await registry.execute('escape', ['control'])
  if (output !== 'works') throw new Error(`the guest cannot do what it is granted: ${output}`)
  return async attempt => {
    try {
      const { type, output, message, stdout, stderr } = await registry.execute('escape', [attempt])
      return [type, output, message, stdout, stderr].filter(Boolean).join('\n')
    } catch (error) {
      if (isPluginHostError(error)) return `${error.code}\n${error.message}`
      throw error
    }
  }
}
