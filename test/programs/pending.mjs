// Awaits nothing at its top level: what it began is all that keeps it alive. pending.mjs WAY MODULE

import { PluginLoader, PluginRegistry } from 'sen-plugin-host'

const [way, path] = process.argv.slice(2)
const registry = new PluginRegistry()

const ways = {
  load: () => new PluginLoader().load(path),
  execute: () => registry.loadPlugin(path).then(({ command }) => registry.execute(command.name)),
  live: () => new PluginLoader().load(path).then(({ instance }) => instance.execute([])),
}
ways[way]().then(() => console.log('done'))
