// The first Worker loads the addon, executes, and ends; another does the same, then the main thread, which loads it last.
// Prints what they got: first-worker-ends.mjs MODULE

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const path = workerData ?? process.argv[2]

async function execute() {
  const { PluginRegistry } = await import('sen-plugin-host')
  const registry = new PluginRegistry()
  const { command } = await registry.loadPlugin(path)
  const outputs = [registry.executeSync(command.name, ['x']), await registry.execute(command.name, ['y'])]
  return outputs.map(({ output }) => output).join('')
}

async function executeInWorker() {
  const worker = new Worker(new URL(import.meta.url), { workerData: path })
  const exit = once(worker, 'exit')
  const [output] = await once(worker, 'message')
  await exit
  return output
}

if (isMainThread) {
  const outputs = [await executeInWorker(), await executeInWorker(), await execute(), await executeInWorker()]
  console.log(JSON.stringify(outputs))
} else {
  parentPort.postMessage(await execute())
}
