// Memory of this process, in bytes. Needs node --expose-gc.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** When garbage is collected and what it held is freed. */
export async function settledMemory() {
  // What a collection finds, finalizers free later, and the next one finds what those held.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc()
    await sleep(20)
  }
  return memory()
}

/**
 * What is resident (`rss`), and what V8 has of it for JavaScript's objects (`heap`); the same with pages that are shared
 * counted in part (`pss`); and what no file holds as well (`anonymous`). Only the first two where the system does not tell
 * more.
 */
function memory() {
  const { rss, heapTotal: heap } = process.memoryUsage()
  if (process.platform !== 'linux') return { rss, heap }
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8')
  const bytes = name => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(rollup)[1])
  return { rss: bytes('Rss'), heap, pss: bytes('Pss'), anonymous: bytes('Anonymous') }
}
