// `node --expose-gc executions.mjs ours|node COUNT FIRST EVERY`: executions with every outcome in turn, each tenth of them
// awaited, and memory after FIRST and after each EVERY of them. With `node`, the same in Node's own WebAssembly: what the
// program itself comes to without a host.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { isPluginHostError, PluginRegistry } from '../../../dist/index.js'
import { pluginPath } from '../../lib/build.mjs'
import { Guest } from '../../lib/guest.mjs'
import { settledMemory } from '../memory.mjs'

const [who, ...figures] = process.argv.slice(2)
const [count, first, every] = figures.map(Number)

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

const { sync, awaited } = who === 'ours' ? await ours() : await node()

async function ours() {
  const registry = new PluginRegistry({ cache: false })
  for (const plugin of ['hello', 'fail', 'spin']) await registry.loadPlugin(pluginPath(plugin))
  const codeOf = error => {
    if (isPluginHostError(error)) return error.code
    throw error
  }
  return {
    sync({ command, args, options }) {
      try {
        return registry.executeSync(command, args, options).type
      } catch (error) {
        return codeOf(error)
      }
    },
    async awaited({ command, args, options }) {
      try {
        return (await registry.execute(command, args, options)).type
      } catch (error) {
        return codeOf(error)
      }
    },
  }
}

async function node() {
  const compiled = plugin => WebAssembly.compile(readFileSync(pluginPath(plugin)))
  const modules = { hello: await compiled('hello'), fail: await compiled('fail') }
  const sync = ({ command, args, is }) => {
    try {
      // It has no limits to run into: an error of the program's stands for those.
      if (is !== 'ERR_TRAP' && is.startsWith('ERR_')) throw new Error(is)
      const result = new Guest(modules[command]).execute(args)
      return 'Success' in result ? 'success' : 'error'
    } catch (error) {
      return error instanceof WebAssembly.RuntimeError ? 'ERR_TRAP' : error.message
    }
  }
  return { sync, awaited: async outcome => sync(outcome) }
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
