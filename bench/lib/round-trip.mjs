// How long two threads take to hear of each other: what all that is handed from one core to another pays. On a virtual
// machine it changes by several times within minutes, as its cores are moved about.

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const TRIPS = 200_000
const BATCHES = 5
/** Places in shared memory: far enough apart to lie in cache lines of their own. */
const [THERE, BACK] = [0, 32]

/** Nanoseconds from a word in shared memory to the other thread's answer: the median of some batches. */
export async function roundTripNs() {
  const words = new Int32Array(new SharedArrayBuffer(256))
  const other = new Worker(new URL(import.meta.url), { workerData: words })
  await once(other, 'message')
  const batches = Array.from({ length: BATCHES }, (_, batch) => {
    const started = process.hrtime.bigint()
    for (let trip = 1; trip <= TRIPS; trip += 1) {
      const word = batch * TRIPS + trip
      Atomics.store(words, THERE, word)
      while (Atomics.load(words, BACK) !== word);
    }
    return Number(process.hrtime.bigint() - started) / TRIPS
  })
  await other.terminate()
  return batches.toSorted((one, another) => one - another)[BATCHES >> 1]
}

if (!isMainThread) {
  parentPort.postMessage('ready')
  for (let last = 0; ; ) {
    const word = Atomics.load(workerData, THERE)
    if (word !== last) {
      Atomics.store(workerData, BACK, word)
      last = word
    }
  }
}
