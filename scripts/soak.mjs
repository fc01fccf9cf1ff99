// Makes each way in which a process can end a thousand times: `npm run soak`, or `npm run soak -- --rounds 100`. Takes
// hours; what is looked for are faults that come once in a while. Goes through all ways in passes of a few rounds, and
// says after each how many there were: a soak can be ended at any time. The first fault ends it.

import { parseArgs } from 'node:util'
import { main, run } from './steps.mjs'

const PASS = 20

await main(() => {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' } } })
  const rounds = Number(values.rounds)
  for (let done = 0; done < rounds; ) {
    const pass = Math.min(PASS, rounds - done)
    run('vitest', ['run', 'test/lifecycle.test.ts'], { env: { SEN_SOAK_ROUNDS: `${pass}` } })
    done += pass
    console.log(`each way: ${done} rounds of ${rounds}, no fault`)
  }
})
