// From rename() of a new version of a plugin to what is told of it: `node bench/watch.mjs [--peers DIR] [--json]`.
//
// Ours in two figures: `detected`, when the host's signal reaches JavaScript, as the peers' events do; and `reloaded`,
// when the new version answers, without the debounce. Peers (chokidar, @parcel/watcher) are looked for in DIR, or here,
// and left out where they are not installed. One rename at a time, after a pause, each contender in turn.

import { mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { HotReloadWatcher, PluginRegistry } from 'sen-plugin-host'
import { native } from '../dist/internal.js'
import { at } from '../scripts/steps.mjs'

const RENAMES = 50
const DEBOUNCE_MS = 100

const { values } = parseArgs({ options: { peers: { type: 'string' }, json: { type: 'boolean' } } })
const peer = createRequire(join(resolve(values.peers ?? at()), 'package.json'))

/** Each opens with a directory and a function to call at an event; gives what closes it. */
const contenders = {
  async 'ours: detected'(directory, hear) {
    const watch = native().DirectoryWatch.open(() => {
      if (watch.take().paths.some(path => path.endsWith('.wasm'))) hear()
    })
    watch.set([{ path: directory, identity: '', modules: true, names: [] }])
    return () => watch.close()
  },
  async 'ours: reloaded, without the debounce'(directory, hear) {
    const registry = new PluginRegistry({ cache })
    const watcher = await HotReloadWatcher.start(registry, [directory], { debounceMs: DEBOUNCE_MS })
    watcher.on('reloaded', () => hear(DEBOUNCE_MS))
    return async () => {
      await watcher.close()
      await registry.close()
    }
  },
  async chokidar(directory, hear) {
    const watcher = peer('chokidar').watch(directory, { ignoreInitial: true })
    const ready = new Promise(done => watcher.once('ready', done))
    watcher.on('all', (_event, path) => path.endsWith('.wasm') && hear())
    await ready
    return () => watcher.close()
  },
  async '@parcel/watcher'(directory, hear) {
    const { subscribe } = peer('@parcel/watcher')
    const subscription = await subscribe(directory, (_error, events) => {
      if (events?.some(({ path }) => path.endsWith('.wasm'))) hear()
    })
    return () => subscription.unsubscribe()
  },
}

const module = await readFile(at('examples', 'plugins', 'build', 'greet.wasm'))
/** The same plugin with another custom section: other bytes, to be compiled anew unless the cache has them. */
const version = number => Buffer.concat([module, Buffer.from([0, 3, 1, 0x76, number])])

const cache = await mkdtemp(join(tmpdir(), 'sen-bench-cache-'))
const results = []
for (const [name, open] of Object.entries(contenders)) {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'sen-bench-')))
  try {
    results.push({ name, ...(await measure(directory, open)) })
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    console.error(`${name} is not installed, and left out`)
  } finally {
    await rm(directory, { recursive: true })
  }
}
await rm(cache, { recursive: true })
if (values.json) console.log(JSON.stringify(results))
else
  for (const { name, median, most } of results) console.log(`${name}: median ${median} ms, most ${most} ms`)

async function measure(directory, open) {
  const warm = new PluginRegistry({ cache })
  for (let number = 0; number <= RENAMES; number += 1) {
    await warm.loadPlugin(version(number))
    await warm.unload('greet')
  }
  const path = join(directory, 'greet.wasm')
  await writeFile(path, version(0))
  let hear = () => {}
  const close = await open(directory, waited => hear(waited))
  const times = []
  for (let number = 1; number <= RENAMES; number += 1) {
    await writeFile(join(directory, 'next'), version(number))
    await pause(100)
    const heard = new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error('nothing was heard')), 10_000)
      hear = (waited = 0) => {
        clearTimeout(late)
        done(performance.now() - waited)
      }
    })
    const start = performance.now()
    await rename(join(directory, 'next'), path)
    times.push((await heard) - start)
  }
  await close()
  times.sort((a, b) => a - b)
  return { median: rounded(times[times.length >> 1]), most: rounded(times.at(-1)) }
}

function rounded(ms) {
  return Number(ms.toFixed(2))
}
