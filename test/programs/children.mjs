// Three child processes execute plugins. The first ends by itself when it is disconnected; the second is ended by a
// signal, and the third ends itself, in the middle of calls. Prints how they ended: children.mjs WAY DIRECTORY; WAY is
// `cluster`, whose workers they are, or `fork`.

import { fork } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { PluginRegistry } from 'sen-plugin-host'
import { beginCalls } from './calls.mjs'

const [, file, way, directory] = process.argv
const begin = { cluster: () => cluster.fork(), fork: () => fork(file, [way, directory]) }

async function serve() {
  const registry = new PluginRegistry()
  await registry.loadPlugin(join(directory, 'echo.wasm'))
  const calls = Array.from({ length: 50 }, (_, call) => registry.execute('echo', [`${call}`]))
  const outputs = (await Promise.all(calls)).map(({ output }) => output)
  process.on('message', async ({ end }) => {
    if (end === 'disconnect') return process.disconnect()
    await beginCalls(join(directory, 'forever.wasm'))
    if (end === 'exit') process.exit(7)
    process.send({ begun: true })
  })
  process.send({ answered: outputs.every((output, call) => output === `${call}`) })
}

async function run(end) {
  const child = begin[way]()
  const exit = once(child, 'exit')
  const [{ answered }] = await once(child, 'message')
  child.send({ end })
  if (end === 'SIGTERM') {
    await once(child, 'message')
    process.kill((child.process ?? child).pid, end)
  }
  const [code, signal] = await exit
  return { answered, code, signal }
}

if (process.send === undefined) {
  // Their parent has the addon as well, as a server does that looks at its plugins before it starts.
  await new PluginRegistry().loadPlugin(join(directory, 'echo.wasm'))
  console.log(JSON.stringify(await Promise.all(['disconnect', 'SIGTERM', 'exit'].map(run))))
} else await serve()
