// A thousand executions at once, each of which waits 100 ms for an effect: `node bench/effects.mjs`. Prints how long all of
// them took, how late the event loop was at most, and what the process holds afterwards. Nothing else is needed than what
// `npm ci`, `npm run build:addon` and `npm run build:ts` make.

import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import wabt from 'wabt'
import { PluginRegistry } from '../dist/index.js'

const EXECUTIONS = 1000
const WAIT_MS = 100

const text = readFileSync(new URL('../test/guests/effect-sleep.wat', import.meta.url), 'utf8')
const { buffer } = (await wabt()).parseWat('effect-sleep.wat', text).toBinary({})
const sleep = async (_effect, { signal }) => {
  await wait(WAIT_MS, undefined, { signal })
  return { type: 'sleepComplete' }
}
const registry = new PluginRegistry({ effects: { sleep } })
const { command } = await registry.loadPlugin(new Uint8Array(buffer))
await registry.execute(command.name)

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const began = performance.now()
const answers = await Promise.all(Array.from({ length: EXECUTIONS }, () => registry.execute(command.name)))
const ms = performance.now() - began
delay.disable()
if (answers.some(({ type }) => type !== 'success')) throw new Error('an execution did not succeed')
const mib = process.memoryUsage.rss() / 2 ** 20
console.log(
  `${EXECUTIONS} executions that wait ${WAIT_MS} ms each: ${ms.toFixed(0)} ms, event loop late by ${(delay.max / 1e6).toFixed(1)} ms at most, ${mib.toFixed(0)} MiB resident`,
)
await registry.close()
