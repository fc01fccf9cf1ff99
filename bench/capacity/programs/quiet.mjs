// `node quiet.mjs CONTENDER COUNT MILLISECONDS`: executes COUNT times, is quiet for so long, and counts for as long how
// often its threads wake up. The timer that ends the count is one of them.

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pluginPath } from '../../lib/build.mjs'

const [contender, count, ms] = process.argv.slice(2)

const contenders = {
  async ours() {
    const { PluginRegistry } = await import('../../../dist/index.js')
    const registry = new PluginRegistry({ cache: false })
    await registry.loadPlugin(pluginPath('hello'))
    return async index => {
      if (index % 2 === 0) registry.executeSync('hello', ['World'])
      else await registry.execute('hello', ['World'])
    }
  },
  async node() {
    const { Guest } = await import('../../lib/guest.mjs')
    const guest = new Guest(await WebAssembly.compile(readFileSync(pluginPath('hello'))))
    return async () => guest.execute(['World'])
  },
}

/** How often each thread has waited for something so far. */
function waits() {
  return new Map(
    readdirSync('/proc/self/task').map(thread => {
      const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8')
      return [thread, Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)[1])]
    }),
  )
}

const execute = await contenders[contender]()
for (let index = 0; index < Number(count); index += 1) await execute(index)
await sleep(Number(ms))
const before = waits()
await sleep(Number(ms))
const after = waits()

let wakeUps = 0
for (const [thread, times] of after) wakeUps += times - (before.get(thread) ?? 0)
console.log(JSON.stringify({ wakeUps, threads: after.size }))
