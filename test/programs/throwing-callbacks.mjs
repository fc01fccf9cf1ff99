// Whatever the package calls throws, in a program that goes on after exceptions that nobody caught; prints how many there
// were, and what calls return afterwards: throwing-callbacks.mjs DIRECTORY

import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

let uncaught = 0
process.on('uncaughtException', () => {
  uncaught += 1
})

const [directory] = process.argv.slice(2)
const fail = () => {
  throw new Error('thrown by a callback')
}
const permissions = { ...PermissionPresets.testing(), audit: { record: fail }, onNotice: fail }
const registry = new PluginRegistry({ permissions, effects: { sleep: fail, httpGet: fail } })
for (const name of ['echo', 'forever', 'effect-sleep'])
  await registry.loadPlugin(join(directory, `${name}.wasm`))

const abort = new AbortController()
abort.signal.addEventListener('abort', fail)
const long = { limits: { fuel: 2n ** 64n - 1n, timeoutMs: 3_600_000 }, signal: abort.signal }
const aborted = registry.execute('forever', [], long).catch(({ name }) => name)
const effect = registry.execute('effect-sleep').then(
  ({ type }) => type,
  ({ code }) => code,
)
// What a caller does with a result is his own callback, called where the package settles calls.
for (let call = 0; call < 20; call++) void registry.execute('echo', ['x']).then(fail)
await turn()
abort.abort()
const ended = [await aborted, await effect]
await turn()

const outputs = [await registry.execute('echo', ['x']), registry.executeSync('echo', ['y'])]
console.log(JSON.stringify({ uncaught, ended, outputs: outputs.map(({ output }) => output) }))
