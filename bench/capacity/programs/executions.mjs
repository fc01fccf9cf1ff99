// `node --expose-gc executions.mjs COUNT FIRST EVERY`: executions with every outcome in turn, each tenth of them off the
// event loop, and memory after FIRST and after each EVERY of them.

import assert from 'node:assert/strict'
import { isPluginHostError, PluginRegistry } from '../../../dist/index.js'
import { pluginPath } from '../../lib/build.mjs'
import { settledMemory } from '../memory.mjs'

const [count, first, every] = process.argv.slice(2).map(Number)

/** What is executed, and what comes of it. */
const OUTCOMES = [
  { command: 'hello', args: ['World'], is: 'success' },
  { command: 'fail', args: ['user'], is: 'error' },
  { command: 'fail', args: ['panic'], is: 'ERR_TRAP' },
  { command: 'spin', args: [], options: { limits: { fuel: 50_000 } }, is: 'ERR_FUEL_EXHAUSTED' },
  {
    command: 'fail',
    args: ['memory'],
    options: { limits: { memoryBytes: 4 << 20 } },
    is: 'ERR_MEMORY_LIMIT',
  },
]

const registry = new PluginRegistry({ cache: false })
for (const plugin of ['hello', 'fail', 'spin']) await registry.loadPlugin(pluginPath(plugin))

const codeOf = error => {
  if (isPluginHostError(error)) return error.code
  throw error
}

function sync({ command, args, options }) {
  try {
    return registry.executeSync(command, args, options).type
  } catch (error) {
    return codeOf(error)
  }
}

async function awaited({ command, args, options }) {
  try {
    return (await registry.execute(command, args, options)).type
  } catch (error) {
    return codeOf(error)
  }
}

const samples = []
let ns = 0n
for (let done = 0; done < count; ) {
  const until = done < first ? first : Math.min(count, done + every - (done % every))
  const started = process.hrtime.bigint()
  for (; done < until; done += 1) {
    // Another outcome for each tenth than for the one ten before.
    const outcome = OUTCOMES[(done + Math.floor(done / 10)) % OUTCOMES.length]
    assert.equal(done % 10 === 9 ? await awaited(outcome) : sync(outcome), outcome.is)
  }
  ns += process.hrtime.bigint() - started
  samples.push({ executions: done, ...(await settledMemory()) })
}
console.log(JSON.stringify({ samples, ns: Number(ns) }))
