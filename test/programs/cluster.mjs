// A cluster whose workers execute plugins. The first ends by itself when it is disconnected; the second is ended by a
// signal, and the third ends itself, in the middle of calls. Prints how they ended: cluster.mjs DIRECTORY

import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { PluginRegistry } from 'sen-plugin-host'
import { beginCalls } from './calls.mjs'

const [directory] = process.argv.slice(2)

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
  const worker = cluster.fork()
  const exit = once(worker, 'exit')
  const [{ answered }] = await once(worker, 'message')
  worker.send({ end })
  if (end === 'SIGTERM') {
    await once(worker, 'message')
    worker.process.kill(end)
  }
  const [code, signal] = await exit
  return { answered, code, signal }
}

if (cluster.isPrimary) {
  // The primary has the addon as well, as a server does that looks at its plugins before it starts.
  await new PluginRegistry().loadPlugin(join(directory, 'echo.wasm'))
  console.log(JSON.stringify(await Promise.all(['disconnect', 'SIGTERM', 'exit'].map(run))))
} else await serve()
