// Executes with subscribers that throw, and prints what came of the calls and what was thrown:
// throwing-subscriber.mjs MODULE

import { subscribe, tracingChannel } from 'node:diagnostics_channel'
import { setImmediate as turn } from 'node:timers/promises'
import { PluginRegistry } from 'sen-plugin-host'

const uncaught = []
process.on('uncaughtException', error => uncaught.push(error.message))
const fail = name => () => {
  throw new Error(name)
}

subscribe('tracing:sen-plugin-host:load:start', fail('load'))
const registry = new PluginRegistry()
const { name } = (await registry.loadPlugin(process.argv[2])).command

tracingChannel('sen-plugin-host:execute').subscribe({
  start: fail('start'),
  end: fail('end'),
  asyncStart: fail('asyncStart'),
  asyncEnd: fail('asyncEnd'),
  error: fail('error'),
})
const results = [await registry.execute(name), registry.executeSync(name)]
await turn()
console.log(JSON.stringify({ outputs: results.map(({ output }) => output), uncaught }))
