// So many Workers load the addon at once and execute, of which the first that is done ends; the others execute once more
// and end. Then the main thread loads it, and at last another Worker. Prints what they got:
// first-worker-ends.mjs WORKERS MODULE

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const [, , count, path = workerData] = process.argv

async function execute() {
  const { PluginRegistry } = await import('sen-plugin-host')
  const registry = new PluginRegistry()
  const { command } = await registry.loadPlugin(path)
  const outputs = [registry.executeSync(command.name, ['x']), await registry.execute(command.name, ['y'])]
  return outputs.map(({ output }) => output).join('')
}

const start = () => new Worker(new URL(import.meta.url), { workerData: path })

async function executeIn(worker) {
  worker.postMessage('execute')
  const [output] = await once(worker, 'message')
  return output
}

async function end(worker) {
  worker.postMessage('end')
  await once(worker, 'exit')
}

if (isMainThread) {
  const workers = Array.from({ length: Number(count) }, start)
  const executing = workers.map(executeIn)
  const first = await Promise.race(executing.map((done, index) => done.then(() => workers[index])))
  await end(first)
  const others = workers.filter(worker => worker !== first)
  const outputs = [...(await Promise.all(executing)), ...(await Promise.all(others.map(executeIn)))]
  await Promise.all(others.map(end))
  outputs.push(await execute())
  const last = start()
  outputs.push(await executeIn(last))
  await end(last)
  console.log(JSON.stringify(outputs))
} else {
  parentPort.on('message', async what => {
    if (what === 'end') parentPort.close()
    else parentPort.postMessage(await execute())
  })
}
