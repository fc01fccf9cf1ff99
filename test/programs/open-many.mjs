// Runs a plugin that opens all that it can, and opens more beside it: open-many.mjs DIRECTORY MODULE

import { openSync, readdirSync } from 'node:fs'
import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [workingDirectory, path] = process.argv.slice(2)
const registry = new PluginRegistry({
  effects: 'manual',
  permissions: PermissionPresets.testing(),
  wasi: { workingDirectory },
})
const { command } = await registry.loadPlugin(path)
const open = () => readdirSync('/proc/self/fd').length
const suspended = await registry.execute(command.name)
const during = open()
for (let count = 0; count < 200; count += 1) openSync(path)
const { code } = await suspended.resume({ type: 'sleepComplete' })
// The granted directory itself stays open.
process.stdout.write(`${during + 200 - open()} were open, then ${code}`)
