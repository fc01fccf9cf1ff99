// A Worker that executes a plugin and posts what came of each execution: type, output and fuel, or code.
// workerData: { module, args, limits, ways, runs, granted }; a way is a key of `execute` below.

import { parentPort, workerData } from 'node:worker_threads'
import { isPluginHostError, PermissionPresets, PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { deepest } from './deepest.mjs'

const { module, args = [], limits = {}, ways = ['execute'], runs = 1, granted = false } = workerData

const registry = new PluginRegistry(granted ? { permissions: PermissionPresets.testing() } : {})
const { command } = await registry.loadPlugin(module)
const loader = new PluginLoader()

const execute = {
  execute: () => registry.execute(command.name, args, { limits }),
  executeSync: () => registry.executeSync(command.name, args, { limits }),
  live: async () => (await loader.load(module)).instance.execute(args, { limits }),
  liveSync: async () => (await loader.load(module)).instance.executeSync(args, { limits }),
  deepSync: () => deepest(() => registry.executeSync(command.name, args, { limits })),
}

const outcomes = []
for (const way of ways) {
  for (let run = 0; run < runs; run++) outcomes.push(await outcome(execute[way]))
}
parentPort.postMessage(outcomes)

async function outcome(work) {
  try {
    const { type, output, usage } = await work()
    return { type, output, fuel: usage.fuelConsumed }
  } catch (error) {
    if (!isPluginHostError(error)) throw error
    return { code: error.code, fuel: error.details.usage?.fuelConsumed }
  }
}
