// A Worker that is in the middle of calls when it says so, awaited or not; workerData: { path, blocking }

import { parentPort, workerData } from 'node:worker_threads'
import { PluginRegistry } from 'sen-plugin-host'
import { beginCalls } from './calls.mjs'

const { path, blocking } = workerData
if (blocking) {
  const registry = new PluginRegistry({ limits: { fuel: 2n ** 64n - 1n, timeoutMs: 500 } })
  const { command } = await registry.loadPlugin(path)
  parentPort.postMessage('begun')
  for (;;) {
    try {
      registry.executeSync(command.name)
    } catch {
      // Out of time: once more, until the Worker is terminated.
    }
  }
}
await beginCalls(path)
parentPort.postMessage('begun')
