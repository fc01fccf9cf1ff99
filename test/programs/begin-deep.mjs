// Begins executions of a guest that recurses from many depths, where JavaScript's own stack is full or nearly so, and
// prints what came of them: begin-deep.mjs MODULE

import { PluginRegistry } from 'sen-plugin-host'

const registry = new PluginRegistry()
await registry.loadPlugin(process.argv[2])
const begun = []
descend()

const outcomes = await Promise.all(begun)
// Some fail for want of JavaScript's own stack, in the host or before they get there.
const expected = ['RangeError', 'ERR_STACK_OVERFLOW']
console.log(
  JSON.stringify({
    begun: outcomes.length,
    others: outcomes.filter(outcome => !expected.includes(outcome)).length,
    last: outcomes.at(-1),
    later: await outcomeOf(registry.execute('recurse')),
  }),
)

function descend() {
  try {
    descend()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  if (begun.length < 200) begun.push(outcomeOf(registry.execute('recurse')))
}

function outcomeOf(call) {
  return call.then(
    () => 'fulfilled',
    error => error.code ?? error.name,
  )
}
