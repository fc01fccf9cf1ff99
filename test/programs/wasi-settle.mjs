// Has a plugin read the process's standard input, ends the wait in some way, and prints how: wasi-settle.mjs MODULE
// abort|unload|close. Standard input is left open.

import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [path, end] = process.argv.slice(2)
const permissions = PermissionPresets.testing()
const registry = new PluginRegistry({
  permissions,
  limits: { fuel: 2n ** 64n - 1n, timeoutMs: 20_000 },
  wasi: { stdio: 'inherit' },
})
const { command } = await registry.loadPlugin(path)
const abort = new AbortController()
const reading = registry.execute(command.name, [], { signal: abort.signal })
reading.catch(() => {})
// It reads by the time that another one has been told that nothing came.
await registry.execute(command.name, [], { limits: { timeoutMs: 50 } }).catch(() => {})
await {
  abort: () => abort.abort(),
  unload: () => registry.unload(command.name),
  close: () => registry.close(),
}[end]()
console.log(await reading.catch(({ name, code }) => `${name} ${code}`))
