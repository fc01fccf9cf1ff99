// A Worker that watches a directory and posts what it hears, with what the plugin answers; workerData: { directory }

import { parentPort, workerData } from 'node:worker_threads'
import { HotReloadWatcher, PluginRegistry } from 'sen-plugin-host'

const registry = new PluginRegistry()
const watcher = await HotReloadWatcher.start(registry, [workerData.directory], { debounceMs: 40 })
for (const type of ['loaded', 'reloaded']) {
  watcher.on(type, async () => {
    const { output } = await registry.execute('a')
    parentPort.postMessage(`${type} ${output}`)
  })
}
// Until it is terminated.
setInterval(() => {}, 1000)
