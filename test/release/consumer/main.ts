// Runs a plugin with the installed package, compiled from TypeScript: main.ts MODULE

import { type ExecuteResult, type PluginManifest, PluginRegistry } from 'sen-plugin-host'

const [, , path = ''] = process.argv
const registry = new PluginRegistry({ limits: { timeoutMs: 5_000 } })
const { command }: PluginManifest = await registry.loadPlugin(path)
const result: ExecuteResult = await registry.execute(command.name, ['World'])
await registry.close()
console.log(result.type === 'success' ? result.output : result.type)
