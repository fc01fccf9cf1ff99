// What the host takes and how far it goes, rather than how long a call is: `npm run bench:capacity`. README.md says how
// it measures.
//
//   npm run bench:capacity                    everything, some ten minutes; writes results/capacity.json and capacity.md
//   npm run bench:capacity -- --quick         smaller numbers, for a look; replaces the results too, marked as quick
//   npm run bench:capacity -- --only quiet    only figures with this in their name; writes no results; repeatable
//   npm run bench:capacity -- --json          JSON on stdout instead of a table
//   npm run bench:capacity -- --no-build      measures what is built already
//
// Exit codes as of main.mjs.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../scripts/steps.mjs'
import { executions } from './capacity/executions.mjs'
import { plugins } from './capacity/plugins.mjs'
import { quiet } from './capacity/quiet.mjs'
import { text, writeResults } from './capacity/report.mjs'
import { coldScan, warmScan } from './capacity/scan.mjs'
import { build } from './lib/build.mjs'
import { readCommandLine, select } from './lib/command-line.mjs'
import { describeMachine } from './lib/machine.mjs'
import { json } from './lib/results.mjs'

const FULL = {
  cold: { plugins: 20, runs: 5 },
  warm: { plugins: 200, runs: 5 },
  plugins: { ours: 1000, node: 1000, extism: 20 },
  executions: { count: 1_000_000, first: 10_000, every: 100_000 },
  quiet: { executions: 10_000, ms: 5000 },
}
const QUICK = {
  cold: { plugins: 6, runs: 1 },
  warm: { plugins: 40, runs: 3 },
  plugins: { ours: 100, node: 100, extism: 5 },
  executions: { count: 100_000, first: 10_000, every: 10_000 },
  quiet: { executions: 10_000, ms: 2000 },
}

/** What is measured, one after the other. Each adds rows to the table. */
const FIGURES = {
  'cold-scan': (scratch, { cold }) => coldScan(scratch, cold),
  'warm-scan': (scratch, { warm }) => warmScan(scratch, warm),
  plugins: (scratch, settings) => plugins(scratch, settings.plugins),
  executions: (scratch, settings) => executions(scratch, settings.executions),
  quiet: (scratch, settings) => quiet(scratch, settings.quiet),
}

await main(async () => {
  const options = readCommandLine()
  if (options === undefined) return
  const names = select(Object.keys(FIGURES), options.only, 'figure')

  const machine = describeMachine()
  if (!options['no-build']) build(new Set(['ours', 'node', 'extism']))
  const rows = []
  for (const name of names) {
    console.error(`measuring: ${name}`)
    // What one caches is of no use to another.
    const scratch = mkdtempSync(join(tmpdir(), 'sen-capacity-'))
    try {
      rows.push(...(await FIGURES[name](scratch, options.quick ? QUICK : FULL)))
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  }
  const report = { machine, quick: options.quick, rows }
  if (options.only.length === 0) writeResults(report)
  console.log(options.json ? json(report) : text(report))
})
