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
 * What is resident (`rss`); the same with pages that are shared counted in part (`pss`); and what no file holds as well
 * (`anonymous`). Only the first where the system does not tell more.
 */
function memory() {
  if (process.platform !== 'linux') return { rss: process.memoryUsage.rss() }
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8')
  const bytes = name => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(rollup)[1])
  return { rss: bytes('Rss'), pss: bytes('Pss'), anonymous: bytes('Anonymous') }
}
