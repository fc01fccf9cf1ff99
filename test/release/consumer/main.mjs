// Runs a plugin with the installed package, as an ES module: main.mjs MODULE

import { PluginRegistry } from 'sen-plugin-host'

const registry = new PluginRegistry()
const { command } = await registry.loadPlugin(process.argv[2])
const { output } = await registry.execute(command.name, ['World'])
await registry.close()
console.log(output)
