// Watches a directory in which `one` and `two` are versions of a plugin that may not be read at times, and prints what
// it hears: watch-unreadable.mjs DIRECTORY

import { chmodSync, chownSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { HotReloadWatcher, PluginLoader, PluginRegistry } from 'sen-plugin-host'

const [directory] = process.argv.slice(2)
const at = name => join(directory, name)
renameSync(at('one'), at('a.wasm'))
for (const name of ['a.wasm', 'two']) chmodSync(at(name), 0)
// The addon first: its own file may be out of reach afterwards.
await new PluginLoader().load(new Uint8Array()).catch(() => {})
if (process.geteuid() === 0) {
  // root may read everything: be nobody, and have what is there.
  for (const path of [directory, at('a.wasm'), at('two')]) chownSync(path, 65_534, 65_534)
  process.seteuid(65_534)
}
const registry = new PluginRegistry()
const options = { debounceMs: 20, maxWaitMs: 50, rescanMs: 50, persistent: true }
const watcher = await HotReloadWatcher.start(registry, [directory], options)
const heard = []
for await (const { type, error } of watcher) {
  heard.push(error === undefined ? type : `${type} ${error.cause?.code}`)
  if (heard.length === 1) chmodSync(at('a.wasm'), 0o644)
  if (heard.length === 2) renameSync(at('two'), at('a.wasm'))
  if (heard.length === 3) break
}
const { output } = await registry.execute('a')
heard.push(output)
await watcher.close()
console.log(JSON.stringify(heard))
