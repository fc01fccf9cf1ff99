// Makes each way in which a process can end a thousand times: `npm run soak`, or `npm run soak -- --runs 100`. A way that
// has several situations, `process.exit()` in the middle of this or that, has so many runs in all of them together. Takes
// an hour or two; what is looked for are faults that come once in a while. Goes through all ways in passes of a few runs,
// and says after each how many there were: a soak can be ended at any time. The first fault ends it.

import { parseArgs } from 'node:util'
import { main, run, Stop } from './steps.mjs'

// Comes out even for all numbers of situations that there are, save seven.
const PASS = 60

await main(() => {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' } } })
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1) throw new Stop('--runs takes a whole number from 1')
  for (let done = 0; done < runs; ) {
    const pass = Math.min(PASS, runs - done)
    run('vitest', ['run', '--bail', '1', 'test/lifecycle'], { env: { SEN_SOAK_RUNS: `${pass}` } })
    done += pass
    console.log(`each way: ${done} runs of ${runs}, no fault`)
  }
})
