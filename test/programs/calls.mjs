// What the programs share that end in the middle of calls.

import { PluginLoader, PluginRegistry } from 'sen-plugin-host'

/** Begins 40 executions in a registry and two calls of live instances, of a guest that loops for an hour. */
export async function beginCalls(path) {
  const limits = { fuel: 2n ** 64n - 1n, timeoutMs: 3_600_000 }
  const loader = new PluginLoader({ limits })
  const registry = new PluginRegistry({ limits, concurrency: 4 })
  const { command } = await registry.loadPlugin(path)
  const calls = Array.from({ length: 40 }, () => registry.execute(command.name))
  for (let instance = 0; instance < 2; instance++) {
    calls.push((await loader.load(path)).instance.execute([]))
  }
  return calls
}
