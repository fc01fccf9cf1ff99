// Dies of an exception that nobody catches, in the middle of calls: throw.mjs MODULE

import { beginCalls } from './calls.mjs'

await beginCalls(process.argv[2])
setImmediate(() => {
  throw new Error('nobody catches this')
})
