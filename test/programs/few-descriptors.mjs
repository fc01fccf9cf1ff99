// Loads, executes and watches where no file can be opened any more, and again where some can; prints what came of it:
// few-descriptors.mjs DIRECTORY

import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { HotReloadWatcher, PluginRegistry } from 'sen-plugin-host'

const [directory] = process.argv.slice(2)
const registry = new PluginRegistry()
await registry.loadPlugin(join(directory, 'echo.wasm'))

const open = []
try {
  for (;;) open.push(openSync('/dev/null'))
} catch ({ code }) {
  if (code !== 'EMFILE') throw new Error(code)
}
const without = await look()
for (const descriptor of open) closeSync(descriptor)
console.log(JSON.stringify({ without, afterwards: await look() }))

async function look() {
  const loaded = await outcome(registry.loadPlugin(join(directory, 'forever.wasm')))
  await registry.unload('forever')
  const executed = await outcome(registry.execute('echo', ['x']))
  const watched = await outcome(HotReloadWatcher.start(new PluginRegistry(), [directory]))
  return { loaded, executed, watched }
}

async function outcome(work) {
  try {
    const value = await work
    if (value instanceof HotReloadWatcher) {
      const { size } = value.registry
      await value.close()
      return size
    }
    return value.output ?? value.command.name
  } catch ({ code }) {
    return code
  }
}
