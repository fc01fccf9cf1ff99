// Begins calls, says so, and waits for them: wait.mjs MODULE

import { beginCalls } from './calls.mjs'

const calls = await beginCalls(process.argv[2])
console.log('begun')
await Promise.all(calls)
