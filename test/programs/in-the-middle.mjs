// Begins something, and ends in the middle of it: in-the-middle.mjs WHAT END DIRECTORY
// WHAT is a key of `begin` below, which calls `begun` when it is in the middle. END says what comes then: `exit` with code
// 7, `throw` an exception that nobody catches, `reject` a promise that nobody handles, or `wait` for a signal, and say so.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  HotReloadWatcher,
  PermissionPresets,
  PluginLoader,
  PluginRegistry,
  TerminalPermissionPrompt,
} from 'sen-plugin-host'
import { beginCalls } from './calls.mjs'

const [what, end, directory] = process.argv.slice(2)
const module = name => join(directory, `${name}.wasm`)
const HOUR = 3_600_000

const begin = {
  async computing() {
    await beginCalls(module('forever'))
    begun()
  },

  async loading() {
    const loader = new PluginLoader({ cache: false })
    const bytes = await readFile(module('slow'))
    for (let plugin = 0; plugin < 4; plugin++) void loader.load(bytes)
    // The compiler's threads are at work by then.
    await sleep(20)
    begun()
  },

  async 'sleeping in WASI'() {
    const permissions = PermissionPresets.testing()
    const registry = new PluginRegistry({ permissions, limits: { timeoutMs: HOUR } })
    await registry.loadPlugin(module('wasi-sleep'))
    for (let call = 0; call < 3; call++) void registry.execute('wasi-sleep')
    while (registry.stats().instances.executing < 3) await sleep(1)
    begun()
  },

  async 'waiting for an effect'() {
    const registry = new PluginRegistry({
      effects: {
        maxSleepMs: HOUR,
        sleep(effect, { next }) {
          setImmediate(begun)
          return next(effect)
        },
      },
    })
    await registry.loadPlugin(module('effect-sleep-hour'))
    await registry.execute('effect-sleep-hour')
  },

  async prompting() {
    // Unlike a terminal, this input keeps no process alive.
    setInterval(() => {}, HOUR)
    const input = Object.assign(new PassThrough(), { isTTY: true })
    const output = { isTTY: true, write: () => setImmediate(begun) }
    const prompt = new TerminalPermissionPrompt({ input, output, timeoutMs: HOUR })
    const registry = new PluginRegistry({ permissions: { prompt } })
    await registry.loadPlugin(module('capabilities-fs'))
    await registry.execute('capabilities-fs')
  },

  async watching() {
    const registry = new PluginRegistry()
    globalThis.watcher = await HotReloadWatcher.start(registry, [directory], { persistent: true })
    begun()
  },
}

let isBegun = false

function begun() {
  if (isBegun) return
  isBegun = true
  if (end === 'exit') process.exit(7)
  if (end === 'wait') process.stdout.write('begun\n')
  if (end === 'reject') void Promise.reject(new Error('nobody handles this'))
  if (end === 'throw') {
    setImmediate(() => {
      throw new Error('nobody handles this')
    })
  }
}

await begin[what]()
