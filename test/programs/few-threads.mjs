// Loads, watches and executes where no thread can be made any more, and prints what came of it: few-threads.mjs DIRECTORY

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HotReloadWatcher, PluginRegistry } from 'sen-plugin-host'

const [directory] = process.argv.slice(2)
const module = name => readFileSync(join(directory, `${name}.wasm`))
const [echo, forever] = [module('echo'), module('forever')]
const limits = { timeoutMs: 3_600_000 }
const registry = new PluginRegistry({ cache: false, concurrency: 4, limits })
// A thread that executes is there, and those are not that compile.
await registry.loadPlugin(new Uint8Array()).catch(() => {})
// Where there is no room for the threads that read directories, Node itself aborts: they are there, too.
await readdir(directory)

// The limit is one of users, and does not hold for root: be nobody.
if (process.geteuid() === 0) {
  process.setgid(65_534)
  process.setuid(65_534)
}
execFileSync('prlimit', ['--pid', `${process.pid}`, '--nproc=1:1'])

const outcome = call =>
  call.then(
    ({ output, command }) => output ?? command.name,
    ({ code }) => code,
  )
const loaded = [await outcome(registry.loadPlugin(echo)), await outcome(registry.loadPlugin(forever))]
const watcher = await HotReloadWatcher.start(new PluginRegistry({ cache: false }), [directory])
const polls = watcher.pollingReason !== undefined
await watcher.close()
const calls = Array.from({ length: 50 }, () => outcome(registry.execute('echo', ['x'])))
console.log(
  JSON.stringify({
    loaded,
    sync: registry.executeSync('echo', ['x']).output,
    short: [...new Set(await Promise.all(calls))],
    long: await outcome(registry.execute('forever')),
    late: lateness(),
    polls,
  }),
)

/** What stops a guest that has fuel for years. */
function lateness() {
  try {
    registry.executeSync('forever', [], { limits: { fuel: 2n ** 64n - 1n, timeoutMs: 50 } })
  } catch ({ code }) {
    return code
  }
}
