// A Worker that never hears what came of its calls: it raises a flag when all is done that will be, and is busy from then
// on. workerData: { echo, forever, suspended, shared }, three modules, of which the last asks for an effect, and the flag.

import { workerData } from 'node:worker_threads'
import { PluginRegistry } from 'sen-plugin-host'

const { shared, ...modules } = workerData
const limits = { fuel: 2n ** 64n - 1n, timeoutMs: 60_000 }
const registry = new PluginRegistry({ concurrency: 2, effects: 'manual', limits })
for (const module of Object.values(modules)) await registry.loadPlugin(module)
// While one runs on a thread, others wait for one as well, rather than for a turn of the event loop.
void registry.execute('forever')
// More than the event loop is given in one go when it is torn down, and then those that hold on to something.
for (let call = 0; call < 5000; call += 1) void registry.execute('echo', ['x'])
for (let call = 0; call < 1000; call += 1) void registry.execute('effect-sleep')
for (;;) {
  const { waiting, running } = registry.stats().queue
  if (waiting === 0 && running === 1) Atomics.store(new Int32Array(shared), 0, 1)
}
