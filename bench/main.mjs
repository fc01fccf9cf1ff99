// Compares this host with its peers, side by side in one run: `npm run bench`. README.md says how it measures.
//
//   npm run bench                          all cases, some minutes; writes results/latest.json and latest.md
//   npm run bench -- --quick               fewer and shorter rounds, for rough figures
//   npm run bench -- --only pristine       only cases whose name contains this (repeatable); writes no results
//   npm run bench -- --json                the results as JSON on stdout, instead of a table
//   npm run bench -- --no-build            measures what is built already
//
// Progress is told on stderr. Exit code 1 when something could not be built, failed or gave a wrong answer, 2 for a
// wrong command line.

import { main } from '../scripts/steps.mjs'
import { build } from './lib/build.mjs'
import { readCommandLine, select } from './lib/command-line.mjs'
import { openContenders } from './lib/contender.mjs'
import { describeMachine } from './lib/machine.mjs'
import { measure } from './lib/measure.mjs'
import { text, writeResults } from './lib/report.mjs'
import { json } from './lib/results.mjs'
import { roundTripNs } from './lib/round-trip.mjs'

const FULL = { rounds: 31, batchMs: 50, warmUpMs: 300 }
const QUICK = { rounds: 7, batchMs: 15, warmUpMs: 100 }

/**
 * What is compared. `by` has each contender's own case, as the files in cases/ name them; one that can do nothing of the
 * kind is left out. `figure` is what is shown: time for each execution, unless another is named. `least` is the fewest
 * executions in a batch: enough for a batch to collect its own garbage, or to have 64 in flight for most of it. `show`
 * is `max` where the largest of all rounds is shown, instead of the median.
 */
const CASES = [
  ...['hello', 'greet'].flatMap(plugin =>
    [
      {
        name: 'pristine-sync',
        title: 'fresh instance each time, blocking',
        least: 1000,
        by: { ours: 'registry-sync', node: 'fresh', extism: 'fresh' },
      },
      {
        name: 'pristine-await',
        title: 'off the event loop, awaited one by one',
        by: { ours: 'registry', rust: 'registry', extism: 'worker' },
      },
      {
        name: 'pristine-64',
        title: 'off the event loop, 64 in flight',
        least: 512,
        by: { ours: 'registry-64', rust: 'registry-64' },
      },
      {
        name: 'live-sync',
        title: 'one live instance, blocking',
        by: { ours: 'instance-sync', rust: 'instance', node: 'shared', extism: 'shared' },
      },
      {
        name: 'live-functions',
        title: "the same; Node's with the functions of @msgpack/msgpack",
        by: { ours: 'instance-sync', node: 'shared-functions' },
      },
      {
        name: 'live-await',
        title: 'one live instance, off the event loop, awaited',
        by: { ours: 'instance', rust: 'registry', extism: 'worker' },
      },
      {
        name: 'load',
        title: 'cold load from bytes',
        expected: plugin,
        by: { ours: 'load', rust: 'load', node: 'load', extism: 'load' },
      },
      {
        name: 'load-live',
        title: 'the same, for a live instance',
        expected: plugin,
        by: { ours: 'load-live', rust: 'load', node: 'load', extism: 'load' },
      },
      {
        name: 'load-warm',
        title: 'load, known to the cache; the others cold',
        expected: plugin,
        by: { ours: 'load-warm', rust: 'load', node: 'load', extism: 'load' },
      },
      {
        name: 'load-execute',
        title: 'cold load and first result',
        by: {
          ours: 'load-and-execute',
          rust: 'load-and-execute',
          node: 'load-and-execute',
          extism: 'load-and-execute',
        },
      },
    ].map(row => ({
      ...row,
      name: `${plugin}-${row.name}`,
      title: `${plugin}: ${row.title}`,
      plugin,
      // Extism's plugin is a greeting and no more.
      by: plugin === 'hello' ? row.by : { ...row.by, extism: undefined },
    })),
  ),
  {
    name: 'hello-process',
    title: 'hello: new process to first result',
    plugin: 'hello',
    by: { ours: 'first', rust: 'first', node: 'first', extism: 'first' },
  },
  {
    name: 'wasi-nothing-sync',
    title: 'hello for WASI, granted nothing: blocking',
    plugin: 'hello-wasi',
    least: 1000,
    by: { ours: 'wasi-sync', node: 'fresh-wasi', extism: 'fresh-wasi' },
  },
  {
    name: 'wasi-nothing-await',
    title: 'hello for WASI, granted nothing: awaited',
    plugin: 'hello-wasi',
    by: { ours: 'wasi' },
  },
  {
    name: 'wasi-nothing-sync-ratio',
    title: 'hello: time for WASI to time without, blocking',
    quotient: ['wasi-nothing-sync', 'hello-pristine-sync'],
  },
  {
    name: 'wasi-nothing-await-ratio',
    title: 'hello: time for WASI to time without, awaited',
    quotient: ['wasi-nothing-await', 'hello-pristine-await'],
  },
  {
    name: 'wasi-start-sync',
    title: 'cat without a file, granted a directory: blocking',
    plugin: 'cat',
    expected: 'name a file',
    least: 1000,
    by: { ours: 'wasi-start-sync' },
  },
  {
    name: 'wasi-start-sync-ratio',
    title: 'time for it to that for hello, blocking',
    quotient: ['wasi-start-sync', 'hello-pristine-sync'],
  },
  {
    name: 'wasi-file-sync',
    title: 'cat, a file that was granted: blocking',
    plugin: 'cat',
    least: 200,
    by: { ours: 'wasi-sync', node: 'fresh-wasi', extism: 'fresh-wasi' },
  },
  {
    name: 'wasi-file-await',
    title: 'cat, a file that was granted: awaited',
    plugin: 'cat',
    least: 200,
    by: { ours: 'wasi', node: 'fresh-wasi', extism: 'fresh-wasi' },
  },
  {
    name: 'spin-serial',
    title: 'spin, up to 1 ms: one after the other',
    plugin: 'spin',
    by: { ours: 'registry-sync', rust: 'registry', node: 'shared', direct: 'fresh' },
  },
  {
    name: 'spin-64',
    title: 'spin: 64 in flight',
    plugin: 'spin',
    least: 512,
    by: { ours: 'registry-64', rust: 'registry-64' },
  },
  {
    name: 'spin-speed-up',
    title: 'spin: throughput of 64 in flight to one after the other',
    quotient: ['spin-serial', 'spin-64'],
  },
  {
    name: 'spin-twice',
    title: 'spin: one after the other in two processes at once',
    plugin: 'spin',
    least: 512,
    by: { ours: 'registry-sync-twice' },
  },
  {
    name: 'spin-machine',
    title: 'spin: throughput of two processes that share nothing to one',
    quotient: ['spin-serial', 'spin-twice'],
  },
  {
    name: 'compute',
    title: 'compute: hash, sort and multiply in memory',
    plugin: 'compute',
    expected: '35a979a0741f1fc975d1605fedfa953c4830a5873353309c296d0b8191e9709b',
    least: 3,
    by: { ours: 'computation', node: 'fresh', direct: 'fresh' },
  },
  {
    name: 'spin-delay-p99',
    title: 'spin: event-loop delay with 64 in flight, p99',
    plugin: 'spin',
    least: 512,
    figure: 'delayP99Ns',
    by: { ours: 'registry-64-delay' },
  },
  {
    name: 'spin-delay-max',
    title: 'spin: event-loop delay with 64 in flight, longest',
    plugin: 'spin',
    show: 'max',
    least: 512,
    figure: 'delayMaxNs',
    by: { ours: 'registry-64-delay' },
  },
  {
    name: 'idle-delay-p99',
    title: 'event-loop delay with nothing to do, p99',
    plugin: 'none',
    expected: 'idle',
    least: 200,
    figure: 'delayP99Ns',
    by: { ours: 'idle-delay' },
  },
]

await main(async () => {
  const options = readCommandLine()
  if (options === undefined) return
  const cases = choose(options.only)
  const names = new Set(
    cases.flatMap(({ by = {} }) => Object.keys(by).filter(name => by[name] !== undefined)),
  )

  const machine = describeMachine()
  if (!options['no-build']) build(names)
  const before = await roundTripNs()
  const contenders = openContenders(names)
  let results
  try {
    results = await measure(cases, contenders, options.quick ? QUICK : FULL)
  } finally {
    for (const contender of Object.values(contenders)) contender.close()
  }
  machine.roundTripNs = [before, await roundTripNs()]
  const report = { machine, quick: options.quick, ...results }
  if (options.only.length === 0) writeResults(report)
  console.log(options.json ? json(report) : text(report))
})

/** The cases whose names contain one of the words, and those that a chosen quotient is of. */
function choose(words) {
  const names = CASES.map(({ name }) => name)
  const chosen = new Set(select(names, words, 'case'))
  const quotients = CASES.flatMap(({ name, quotient = [] }) => (chosen.has(name) ? quotient : []))
  return CASES.filter(({ name }) => chosen.has(name) || quotients.includes(name))
}
