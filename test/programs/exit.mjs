// Ends itself with exit code 7 in the middle of calls: exit.mjs MODULE

import { beginCalls } from './calls.mjs'

await beginCalls(process.argv[2])
process.exit(7)
