// Runs a plugin under one deny list after the other: wasi-denied.mjs DIRECTORY MODULE '[{ pattern, recursive }, …]'
// Writes what came of each: what the plugin answered, or the reason for which it was refused.

import { isPluginHostError, PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [workingDirectory, path, patterns] = process.argv.slice(2)
const found = []
for (const pattern of JSON.parse(patterns)) {
  const registry = new PluginRegistry({
    permissions: { ...PermissionPresets.testing(), deny: { fsRead: [pattern] } },
    wasi: { workingDirectory },
  })
  const { command } = await registry.loadPlugin(path)
  try {
    const answer = await registry.execute(command.name)
    found.push(answer.type === 'success' ? answer.output : answer.type)
  } catch (error) {
    if (!isPluginHostError(error, 'ERR_PERMISSION_DENIED')) throw error
    found.push(error.details.reason)
  }
  await registry.close()
}
console.log(JSON.stringify(found))
