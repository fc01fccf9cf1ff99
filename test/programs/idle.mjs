// Uses everything, waits for it, and keeps it: nothing is closed. idle.mjs MODULE

import { PluginLoader, PluginRegistry, PluginScanner } from 'sen-plugin-host'

const [path] = process.argv.slice(2)
globalThis.kept = [new PluginLoader(), new PluginRegistry(), new PluginScanner()]
const [loader, registry, scanner] = globalThis.kept
const { command } = await registry.loadPlugin(path)
const { instance } = await loader.load(path)
globalThis.kept.push(instance)
await scanner.scanDirectories([])
await registry.execute(command.name)
registry.executeSync(command.name)
await instance.execute([])
console.log('done')
