// Watches directories of plugins and has nothing to do: watch-idle.mjs DIRECTORY...
// Prints as JSON how often its threads together woke up in the quietest of some seconds: but for the one that reads what
// the system tells, which is woken by whatever others do in the directories above.

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { HotReloadWatcher, PluginRegistry } from 'sen-plugin-host'

const SECONDS = 6
const registry = new PluginRegistry()
const watcher = await HotReloadWatcher.start(registry, process.argv.slice(2))

/** How often each thread has waited for something so far; none where the system does not tell. */
function waits() {
  if (process.platform !== 'linux') return new Map()
  const statuses = readdirSync('/proc/self/task').map(thread => [
    thread,
    readFileSync(`/proc/self/task/${thread}/status`, 'utf8'),
  ])
  return new Map(
    statuses
      .filter(([, status]) => !status.startsWith('Name:\tnotify-rs'))
      .map(([thread, status]) => [thread, Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)[1])]),
  )
}

// What compiles in the background is done by then, and threads without work have ended.
await sleep(3000)
let wakeUps = Number.POSITIVE_INFINITY
for (let second = 0; second < SECONDS; second += 1) {
  const before = waits()
  await sleep(1000)
  let sum = 0
  for (const [thread, times] of waits()) sum += times - (before.get(thread) ?? 0)
  wakeUps = Math.min(wakeUps, sum)
}
console.log(JSON.stringify({ plugins: registry.size, wakeUps }))
await watcher.close()
