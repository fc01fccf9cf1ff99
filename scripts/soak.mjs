// Makes each way in which a process can end a thousand times: `npm run soak`, or `npm run soak -- --rounds 100`. Takes
// hours; what is looked for are faults that come once in a while.

import { parseArgs } from 'node:util'
import { main, run } from './steps.mjs'

await main(() => {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' } } })
  run('vitest', ['run', 'test/lifecycle.test.ts'], { env: { SEN_SOAK_ROUNDS: values.rounds } })
})
