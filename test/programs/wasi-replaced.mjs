// Runs a plugin while the process's standard output is somebody else's, who calls nobody back, and says how it ended:
// wasi-replaced.mjs MODULE silent|throws

import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [path, how] = process.argv.slice(2)
const registry = new PluginRegistry({ permissions: PermissionPresets.testing(), wasi: { stdio: 'inherit' } })
const { command } = await registry.loadPlugin(path)
const { write } = process.stdout
process.stdout.write = () => {
  if (how === 'throws') throw new Error('not now')
  return true
}
const limits = { timeoutMs: 2_000 }
const ended = await registry.execute(command.name, [], { limits }).then(
  ({ type }) => type,
  ({ code }) => code,
)
process.stdout.write = write
console.log(ended)
