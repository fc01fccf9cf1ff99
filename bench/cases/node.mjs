// Node's own WebAssembly, as a contender: the same plugins, no limits. Those for WASI find what `node:wasi` gives them.

import { readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'
import { directoriesOf, pluginPath } from '../lib/build.mjs'
import { codecs, Guest } from '../lib/guest.mjs'
import { blocking, loading, serve } from '../lib/serve.mjs'

const compile = plugin => WebAssembly.compile(readFileSync(pluginPath(plugin)))

await serve({
  fresh: blocking(async plugin => {
    const module = await compile(plugin)
    return argument => new Guest(module).execute([argument]).Success
  }),
  'fresh-wasi': blocking(async plugin => {
    const module = await compile(plugin)
    const options = { version: 'preview1', preopens: directoriesOf(plugin) }
    return argument => new Guest(module, { wasi: new WASI(options) }).execute([argument]).Success
  }),
  shared: blocking(async plugin => {
    const guest = new Guest(await compile(plugin))
    return argument => guest.execute([argument]).Success
  }),
  'shared-functions': blocking(async plugin => {
    const guest = new Guest(await compile(plugin), { codec: codecs.functions })
    return argument => guest.execute([argument]).Success
  }),
  load: loading(pluginPath, async bytes => {
    const guest = new Guest(await WebAssembly.compile(bytes))
    return { output: guest.manifest().command.name }
  }),
  'load-and-execute': loading(pluginPath, async (bytes, argument) => {
    const guest = new Guest(await WebAssembly.compile(bytes))
    guest.manifest()
    return { output: guest.execute([argument]).Success }
  }),
})
