// Terminates Workers in the middle of something, several at once and one after the other, then executes a plugin itself
// and prints its answer: terminate.mjs WHAT DIRECTORY; WHAT is one of in-the-middle.mjs.

import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PluginRegistry } from 'sen-plugin-host'

const [what, directory] = process.argv.slice(2)
const program = new URL('in-the-middle.mjs', import.meta.url)

async function terminateOne() {
  const worker = new Worker(program, { argv: [what, 'wait', directory], stdout: true })
  await once(worker.stdout, 'data')
  await worker.terminate()
}

for (let round = 0; round < 2; round++) await Promise.all([terminateOne(), terminateOne()])
const registry = new PluginRegistry()
await registry.loadPlugin(join(directory, 'echo.wasm'))
console.log((await registry.execute('echo', ['still here'])).output)
