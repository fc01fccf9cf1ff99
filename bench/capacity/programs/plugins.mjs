// `node --expose-gc plugins.mjs CONTENDER COUNT DIRECTORY…`: memory with one plugin loaded, and with COUNT of them. The
// first pays for what all of them use.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { extismGuest } from '../../lib/build.mjs'
import { settledMemory } from '../memory.mjs'

const [contender, count, ...directories] = process.argv.slice(2)

const modules = directory =>
  readdirSync(directory)
    .filter(name => name.endsWith('.wasm'))
    .map(name => join(directory, name))

/** Each loads what the next of its iterations says. */
const contenders = {
  async *ours() {
    const { PluginScanner } = await import('../../../dist/index.js')
    for (const directory of directories) {
      const cache = join(directory, 'compiled')
      yield* (await new PluginScanner({ cache }).scanDirectory(directory)).plugins
    }
  },
  async *node() {
    for (const file of directories.flatMap(modules)) yield await WebAssembly.compile(readFileSync(file))
  },
  async *extism() {
    const { createPlugin } = await import('@extism/extism')
    for (;;) yield await createPlugin({ wasm: [{ data: readFileSync(extismGuest) }] }, { runInWorker: true })
  },
}

const loaded = []
let first
for await (const plugin of contenders[contender]()) {
  loaded.push(plugin)
  if (loaded.length === 1) first = await settledMemory()
  if (loaded.length === Number(count)) break
}
const last = await settledMemory()
if (loaded.length !== Number(count)) throw new Error(`there are ${loaded.length} modules, not ${count}`)
console.log(JSON.stringify({ first, last }))
// Only Extism's workers keep the process alive.
for (const plugin of loaded) await plugin.close?.()
