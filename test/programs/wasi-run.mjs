// Runs a plugin, granted what it asks for, with the process's standard streams, and says on standard error how it
// ended and how much memory there was: wasi-run.mjs MODULE [LIMITS]

import { isPluginHostError, PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [path, limits = '{}'] = process.argv.slice(2)
const permissions = PermissionPresets.testing()
const registry = new PluginRegistry({ permissions, wasi: { stdio: 'inherit' } })
const { command } = await registry.loadPlugin(path)
let ended
try {
  const { type, output } = await registry.execute(command.name, [], { limits: JSON.parse(limits) })
  ended = { type, output }
} catch (error) {
  if (!isPluginHostError(error)) throw error
  ended = { code: error.code }
}
console.error(JSON.stringify({ ...ended, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 }))
