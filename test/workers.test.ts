import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { meanwhile } from './calls.js'
import { guest, guestFile, temporaryDirectory } from './guest.js'
import { program } from './system.js'
import { inWorker } from './worker.js'

describe('Workers', () => {
  test('eight at once execute as one does, while the main thread does too', async () => {
    const module = await guest('echo')
    const registry = new PluginRegistry()
    await registry.loadPlugin(module)
    const [{ usage }] = [await registry.execute('echo', ['x'])]
    const ways = ['execute', 'executeSync', 'live', 'liveSync'] as const
    const workers = Array.from({ length: 8 }, () => inWorker({ module, args: ['x'], ways, runs: 20 }))
    const here = Promise.all(Array.from({ length: 500 }, () => registry.execute('echo', ['x'])))
    for (const outcomes of await Promise.all(workers)) {
      expect(outcomes).toHaveLength(80)
      for (const outcome of outcomes) expect(outcome).toMatchObject({ type: 'success', output: 'x' })
      for (const { fuel } of outcomes.slice(0, 40)) expect(fuel).toBe(usage.fuelConsumed)
    }
    for (const answer of await here) expect(answer).toMatchObject({ output: 'x' })
  })

  test('eight at once whose guests fail are none the worse', async () => {
    const jobs = ['out-of-bounds', 'forever', 'recurse', 'grow-memory-loop-then-trap']
    const codes = ['ERR_TRAP', 'ERR_FUEL_EXHAUSTED', 'ERR_STACK_OVERFLOW', 'ERR_MEMORY_LIMIT']
    const workers = [...jobs, ...jobs].map(async name =>
      inWorker({ module: await guest(name), ways: ['execute', 'executeSync'], runs: 5 }),
    )
    for (const [index, outcomes] of (await Promise.all(workers)).entries()) {
      expect(outcomes).toHaveLength(10)
      for (const outcome of outcomes) expect(outcome).toMatchObject({ code: codes[index % 4] })
    }
  })

  test('one after the other find the addon as the first did', async () => {
    const module = await guest('counter')
    for (let worker = 0; worker < 10; worker++) {
      expect(await inWorker({ module })).toMatchObject([{ type: 'success', output: '1' }])
    }
  })
})

describe('a Worker that is terminated in the middle of calls', () => {
  // Linux says what the threads of a process are doing.
  test.runIf(process.platform === 'linux')('leaves no guest behind that runs on', async () => {
    const path = await guestFile(await temporaryDirectory(), 'forever')
    // Code that earlier tests' plugins computed much with is compiled again in the background.
    await expect.poll(threadsThatExecute, { timeout: 10_000 }).toBe(0)
    const worker = new Worker(program('looping-worker.mjs'), { workerData: { path, blocking: false } })
    await once(worker, 'message')
    await meanwhile()
    expect(await threadsThatExecute()).toBeGreaterThan(0)
    await worker.terminate()
    // The guests' own deadline is far away.
    await expect.poll(threadsThatExecute, { timeout: 2_000 }).toBe(0)
  })

  test('takes along what it was never told of, with the instances that this holds', async () => {
    const registry = new PluginRegistry()
    const executing = () => registry.stats().instances.executing
    const before = executing()
    const raised = new Int32Array(new SharedArrayBuffer(4))
    const workerData = {
      echo: await guest('echo'),
      forever: await guest('forever'),
      suspended: await guest('effect-sleep'),
      shared: raised.buffer,
    }
    const worker = new Worker(program('deaf-worker.mjs'), { workerData })
    await expect.poll(() => Atomics.load(raised, 0), { timeout: 20_000 }).toBe(1)
    expect(executing()).toBeGreaterThanOrEqual(before + 1000)
    await worker.terminate()
    await expect.poll(executing, { timeout: 5_000 }).toBe(before)
  })

  test.each([
    ['that it waits for', true],
    ['that it awaits', false],
  ])('%s ends, and nobody else notices', async (_, blocking) => {
    const path = await guestFile(await temporaryDirectory(), 'forever')
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    for (let round = 0; round < 2; round++) {
      const worker = new Worker(program('looping-worker.mjs'), { workerData: { path, blocking } })
      await once(worker, 'message')
      expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
      expect(await worker.terminate()).toBe(1)
      expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
      expect(registry.executeSync('echo', ['x'])).toMatchObject({ output: 'x' })
    }
  })
})

/** Threads of the host's that run all the time, or would if there was a processor free. */
async function threadsThatExecute(): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY
  // Several looks: a thread that is about to go to sleep runs once, a guest in a loop each time.
  for (let look = 0; look < 10; look++) {
    const tasks = await readdir('/proc/self/task')
    const stats = await Promise.all(
      tasks.map(task => readFile(`/proc/self/task/${task}/stat`, 'utf8').catch(() => '')),
    )
    fewest = Math.min(fewest, stats.filter(stat => / \(sen-execute\) R /.test(stat)).length)
  }
  return fewest
}
