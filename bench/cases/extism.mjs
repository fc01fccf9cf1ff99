// Extism's JavaScript SDK, as a contender: its own plugin, which gives the same greeting by its own protocol.

import { readFileSync } from 'node:fs'
import { createPlugin } from '@extism/extism'
import { directoriesOf, extismGuest, extismWasiGuest } from '../lib/build.mjs'
import { awaited, loading, serve } from '../lib/serve.mjs'

const compile = (guest = extismGuest) => WebAssembly.compile(readFileSync(guest))
const fromModule = async options => await createPlugin({ wasm: [{ module: await compile() }] }, options)
/** Shared plugins give back what calls left behind this often: by default they never do, and end after some 10,000 calls. */
const RESET_EVERY = 100

const greet = async (plugin, argument) => (await plugin.call('hello', argument)).text()

function greetAgain(plugin) {
  let calls = 0
  return async argument => {
    calls += 1
    if (calls % RESET_EVERY === 0) await plugin.reset()
    return await greet(plugin, argument)
  }
}

await serve({
  fresh: awaited(async () => {
    const module = await compile()
    return async argument => {
      const plugin = await createPlugin({ wasm: [{ module }] })
      const output = await greet(plugin, argument)
      await plugin.close()
      return output
    }
  }),
  'fresh-wasi': awaited(async name => {
    const module = await compile(extismWasiGuest)
    const options = { useWasi: true, allowedPaths: directoriesOf(name) }
    const called = name === 'cat' ? 'cat' : 'hello'
    return async argument => {
      const plugin = await createPlugin({ wasm: [{ module }] }, options)
      const output = (await plugin.call(called, argument)).text()
      await plugin.close()
      return output
    }
  }),
  shared: awaited(async () => greetAgain(await fromModule())),
  worker: awaited(async () => greetAgain(await fromModule({ runInWorker: true }))),
  load: loading(
    () => extismGuest,
    async data => {
      const plugin = await createPlugin({ wasm: [{ data }] })
      return { output: (await plugin.functionExists('hello')) ? 'hello' : '', close: () => plugin.close() }
    },
  ),
  'load-and-execute': loading(
    () => extismGuest,
    async (data, argument) => {
      const plugin = await createPlugin({ wasm: [{ data }] })
      return { output: await greet(plugin, argument), close: () => plugin.close() }
    },
  ),
})
