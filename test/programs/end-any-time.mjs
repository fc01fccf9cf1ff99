// Ends executions at any moment: end-any-time.mjs ROUNDS MODULE...
// Each round makes a few calls of one of these plugins, which ask for something and are called `it`, and has some of them
// aborted, the plugin unloaded or the registry closed: while directories are opened, somebody decides or records, guests
// run, or between any two of these. Prints how the calls settled, and what was rejected with nobody to handle it.

import { randomInt } from 'node:crypto'
import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'

const [rounds, ...modules] = process.argv.slice(2)
const settled = {}
const unhandled = []
process.on('unhandledRejection', error => unhandled.push(String(error?.stack ?? error)))

const ends = {
  abort: (_, abort) => abort.abort(),
  // It may be closed by then.
  unload: registry => void registry.unload('it').catch(() => {}),
  close: registry => void registry.close(),
}

/** Waits for some turns of the event loop, and then of its queue of promises. */
async function someTime(mostTurns) {
  for (let turns = randomInt(mostTurns + 1); turns > 0; turns -= 1) await new Promise(setImmediate)
  for (let turns = randomInt(24); turns > 0; turns -= 1) await undefined
}

for (let round = 0; round < Number(rounds); round += 1) {
  const abort = new AbortController()
  const end = Object.values(ends)[round % 3]
  const occasion = ['none', 'used', 'granted', 'decide'][randomInt(4)]
  const isAtOnce = randomInt(2) === 0
  /** Ends them on this occasion: at once, or some promises later. */
  const on = what => {
    if (what !== occasion) return
    if (isAtOnce) end(registry, abort)
    else void someTime(0).then(() => end(registry, abort))
  }
  const { strategy, ...testing } = PermissionPresets.testing()
  const registry = new PluginRegistry({
    permissions: {
      ...testing,
      granularity: round % 2 === 0 ? 'execution' : 'plugin',
      strategy: {
        decide(context) {
          on('decide')
          return round % 5 === 0 ? Promise.resolve(strategy.decide(context)) : strategy.decide(context)
        },
      },
      audit: {
        required: round % 7 === 0,
        record({ type }) {
          on(type)
          return round % 4 === 0 ? Promise.resolve() : undefined
        },
      },
    },
  })
  await registry.loadPlugin(modules[round % modules.length])
  if (round % 11 === 0) await registry.execute('it').catch(() => {})
  const signals = [undefined, abort.signal, new AbortController().signal]
  const calls = [...signals, ...signals].map(signal => registry.execute('it', [], signal && { signal }))
  const outcomes = Promise.all(
    calls.map(call =>
      call.then(
        ({ type }) => type,
        error => error.code ?? error.name,
      ),
    ),
  )
  await someTime(12)
  end(registry, abort)
  for (const outcome of await outcomes) settled[outcome] = (settled[outcome] ?? 0) + 1
  await registry.close()
}
await new Promise(resolve => setTimeout(resolve, 50))
console.log(JSON.stringify({ settled, unhandled }))
