// Runs one plugin that goes on writing and meanwhile another, with the process's standard streams, and says how many still
// execute when the other has ended: wasi-beside.mjs ENDLESS BRIEF

import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const registry = new PluginRegistry({ permissions: PermissionPresets.testing(), wasi: { stdio: 'inherit' } })
const [endless, brief] = await Promise.all(process.argv.slice(2).map(path => registry.loadPlugin(path)))
const limits = { timeoutMs: 10_000, fuel: 2n ** 64n - 1n }
const stop = new AbortController()
const writing = registry
  .execute(endless.command.name, [], { limits, signal: stop.signal })
  .catch(error => error.name ?? error)
// It is well on its way then.
await new Promise(resolve => setTimeout(resolve, 100))
await registry.execute(brief.command.name)
const { executing } = registry.stats().instances
stop.abort()
process.stdout.write(`${executing} executes, ${await writing}\n`)
