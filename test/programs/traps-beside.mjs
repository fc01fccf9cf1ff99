// Node's own WebAssembly traps before and after the host's, which trap too; prints what each catches.
// traps-beside.mjs FIRST BARE DIRECTORY: FIRST is node or host, BARE a module that traps in each of its exports, DIRECTORY
// has the guests out-of-bounds, trap-unreachable, recurse.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PluginRegistry } from 'sen-plugin-host'

const [first, bare, directory] = process.argv.slice(2)

async function inNode() {
  const { instance } = await WebAssembly.instantiate(readFileSync(bare))
  return Object.values(instance.exports).map(trap => {
    try {
      return trap()
    } catch (error) {
      return error.name
    }
  })
}

async function inHost() {
  const registry = new PluginRegistry()
  const caught = []
  for (const name of ['out-of-bounds', 'trap-unreachable', 'recurse']) {
    await registry.loadPlugin(join(directory, `${name}.wasm`))
    caught.push(await registry.execute(name).catch(({ code }) => code))
    try {
      registry.executeSync(name)
    } catch ({ code }) {
      caught.push(code)
    }
  }
  return caught
}

const caught = []
for (let round = 0; round < 3; round++) {
  for (const trap of first === 'node' ? [inNode, inHost] : [inHost, inNode]) caught.push(await trap())
}
console.log(JSON.stringify(caught))
