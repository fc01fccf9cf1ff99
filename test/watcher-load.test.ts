import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { temporaryDirectory } from './guest.js'
import { put, Watching } from './watching.js'

const CALLERS = 4
const MIB = 2 ** 20

test('1,000 reloads under four callers fail no call, mix no versions, and keep nothing', {
  timeout: 300_000,
}, async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'a.wasm')
  await put(path, 'a', 'version 0')
  const watching = await Watching.start(directory, {
    debounceMs: 2,
    maxWaitMs: 50,
    registry: { cache: false },
  })
  await watching.expect('loaded a.wasm')
  const { registry } = watching

  let isOver = false
  let calls = 0
  /** The version that calls have to run at least that begin from now on. */
  let current = 0
  const call = async () => {
    while (!isOver) {
      const least = current
      const answer = await registry.execute('a')
      calls += 1
      const version =
        answer.type === 'success' ? Number(/^version (\d+)$/.exec(answer.output)?.[1]) : Number.NaN
      if (!(version >= least && version <= current + 1)) {
        throw new Error(`a call begun at version ${least} answered ${JSON.stringify(answer)} at ${current}`)
      }
      await turn()
    }
  }
  const callers = Array.from({ length: CALLERS }, call)
  const failed = Promise.all(callers)
  const reload = async (from: number, to: number) => {
    for (let version = from; version < to; version += 1) {
      await put(path, 'a', `version ${version}`)
      await watching.expect('reloaded a.wasm')
      current = version
    }
  }

  // Buffers, pools and code of our own have their size by then.
  await Promise.race([reload(1, 201), failed])
  const before = { resident: resident(), descriptors: descriptors() }
  await Promise.race([reload(201, 1201), failed])
  const grown = resident() - before.resident
  isOver = true
  await failed
  console.log(`1,000 reloads: ${(grown / MIB).toFixed(1)} MiB more, ${calls} calls`)
  expect(calls).toBeGreaterThan(1000)
  expect(grown).toBeLessThan(20 * MIB)
  await watching.watcher.close()
  await registry.close()
  // Code that was being compiled in the background goes when that is over.
  await watching.until(() => descriptors() <= before.descriptors, 'the end of descriptors')
})

function resident(): number {
  return process.memoryUsage.rss()
}

/** Open files of this process; none where the system does not list them. */
function descriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}
