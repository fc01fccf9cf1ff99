// Says how many executions are to be expected, or nothing, begins a hundred that sleep for an hour, and prints how many
// have begun: expecting.mjs MODULE [EXECUTIONS]

import { setTimeout as pause } from 'node:timers/promises'
import { PluginRegistry } from 'sen-plugin-host'

const [path, expected] = process.argv.slice(2)
const { expectExecutions } = await import(new URL('../../dist/internal.js', import.meta.url).href)
if (expected !== undefined) expectExecutions(Number(expected))

const registry = new PluginRegistry()
const { command } = await registry.loadPlugin(path)
const stop = new AbortController()
const sleeping = Array.from({ length: 100 }, () =>
  registry.execute(command.name, [], { signal: stop.signal }).catch(({ name }) => name),
)
// Until no other begins.
const executing = () => registry.stats().instances.executing
for (let before = -1; before !== executing(); await pause(100)) before = executing()
console.log(executing())
stop.abort()
console.log((await Promise.all(sleeping)).filter(name => name === 'AbortError').length)
