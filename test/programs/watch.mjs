// Watches a directory in which `one` and `two` are versions of a plugin, and says what it hears: watch.mjs DIRECTORY [MODE]
// MODE `persistent` keeps the process alive until it has heard of the second version; `limited` watches where the system
// has no room for it, and waits as well.

import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { HotReloadWatcher, PluginRegistry } from 'sen-plugin-host'

const [directory, mode] = process.argv.slice(2)
const at = name => join(directory, name)
await rename(at('one'), at('a.wasm'))
const watcher = await HotReloadWatcher.start(new PluginRegistry(), [directory], {
  debounceMs: 100,
  persistent: mode !== '',
})
if (mode === 'limited' && watcher.pollingReason === undefined) throw new Error('there was room')
watcher.on('reloaded', ({ type }) => {
  console.log(type)
  void watcher.close()
})
await rename(at('two'), at('a.wasm'))
console.log('done')
