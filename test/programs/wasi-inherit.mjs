// Runs a plugin with the process's standard streams, and prints how it ended: wasi-inherit.mjs DIRECTORY await|sync MODULE

import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [workingDirectory, how, path] = process.argv.slice(2)
const permissions = PermissionPresets.testing()
const registry = new PluginRegistry({ permissions, wasi: { workingDirectory, stdio: 'inherit' } })
const { command } = await registry.loadPlugin(path)
const answer =
  how === 'await'
    ? await registry.execute(command.name, ['file'])
    : registry.executeSync(command.name, ['file'], { stdin: 'given' })
process.stdout.write(`[${answer.type},${'stdout' in answer}]`)
