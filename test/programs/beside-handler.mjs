// Guests trap in a process in which another addon handles signals, and which was loaded before or after; prints what is
// caught: beside-handler.mjs FIRST ADDON DIRECTORY; FIRST is `handler` or `host`.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PluginLoader, PluginRegistry } from 'sen-plugin-host'

const [first, addon, directory] = process.argv.slice(2)
const require = createRequire(import.meta.url)
const names = ['out-of-bounds', 'trap-unreachable', 'divide-by-zero', 'recurse']

async function traps() {
  const registry = new PluginRegistry()
  const loader = new PluginLoader()
  const caught = []
  for (const name of names) {
    const path = join(directory, `${name}.wasm`)
    await registry.loadPlugin(path)
    const { instance } = await loader.load(path)
    // A live instance runs code that relies on signals; so do the first executions of a plugin.
    for (const call of [() => registry.execute(name), () => instance.execute([]), () => instance.execute([])])
      caught.push(await call().catch(({ code }) => code))
  }
  return caught
}

const caught = first === 'host' ? [await traps()] : []
require(addon)
caught.push(await traps(), await traps())
console.log(JSON.stringify(caught))
