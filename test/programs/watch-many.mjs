// Scans a directory of many plugins, then watches it, and prints what that came to as JSON: watch-many.mjs DIRECTORY CACHE
// What is resident, and the threads, are those at the end of each; `before` is without any plugin.

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { HotReloadWatcher, PluginRegistry, PluginScanner } from 'sen-plugin-host'

const [directory, cache] = process.argv.slice(2)

function taken() {
  const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0
  return { resident: process.memoryUsage.rss(), threads }
}

async function scan() {
  const { plugins, failures } = await new PluginScanner({ cache }).scanDirectory(directory)
  return { plugins: plugins.length, failures: failures.map(({ error }) => error.code), ...taken() }
}

async function watch() {
  const registry = new PluginRegistry({ cache })
  const watcher = await HotReloadWatcher.start(registry, [directory])
  const failures = []
  watcher.on('failed', ({ error }) => failures.push(error.code))
  await new Promise(resolve => setImmediate(resolve))
  const { output } = await registry.execute(registry.listCommands().at(-1))
  const watched = { plugins: registry.size, failures, output, ...taken() }
  await watcher.close()
  await registry.close()
  return watched
}

// The addon, its engine and the threads of Node, which it may start only when a file is read, are no plugins'.
await readFile(new URL(import.meta.url))
await new PluginScanner({ cache: false }).scanDirectories([])
const before = taken()
console.log(JSON.stringify({ before, scanned: await scan(), watched: await watch() }))
