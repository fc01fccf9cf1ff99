// Ends itself with exit code 7 while three Workers are in the middle of calls: exit-in-workers.mjs MODULE

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { beginCalls } from './calls.mjs'

if (isMainThread) {
  const [, file, path] = process.argv
  const workers = Array.from({ length: 3 }, () => new Worker(file, { workerData: path }))
  await Promise.all(workers.map(worker => new Promise(resolve => worker.once('message', resolve))))
  process.exit(7)
}
await beginCalls(workerData)
parentPort.postMessage('begun')
