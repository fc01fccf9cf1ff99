// How long it takes to find the plugins in a directory, in a new process.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Stop } from '../../scripts/steps.mjs'
import { inChild } from './child.mjs'
import { writeModules } from './modules.mjs'

/** Modules that no cache knows, on one processor and on all. */
export async function coldScan(scratch, { plugins, runs }) {
  const cpu = firstProcessor()
  const [one, all] = [[], []]
  for (let run = 0; run < runs; run += 1) {
    if (cpu !== undefined) one.push(await cold(join(scratch, `one-${run}`), plugins, { cpu }))
    all.push(await cold(join(scratch, `all-${run}`), plugins))
  }
  const title = `scan of ${plugins} plugins that no cache knows`
  const rows = [{ name: 'cold-scan', title, unit: 'ns', by: { ours: median(all) } }]
  if (cpu === undefined) return rows
  // The runs' own ratios: each pair had the machine in the same state.
  const times = median(one.map((ns, run) => ns / all[run]))
  return [
    { name: 'cold-scan-one', title: `${title}, on one processor`, unit: 'ns', by: { ours: median(one) } },
    ...rows,
    { name: 'cold-scan-speed-up', title: `${title}: speed-up by all`, unit: 'times', by: { ours: times } },
  ]
}

/** Modules that an earlier process has compiled. */
export async function warmScan(scratch, { plugins, runs }) {
  const directory = join(scratch, 'plugins')
  await cold(directory, plugins)
  const times = []
  for (let run = 0; run < runs; run += 1) {
    const { ns, compiled } = await scan(directory)
    if (compiled > 0) throw new Stop(`${compiled} of ${plugins} modules were not in the cache any more`)
    times.push(ns)
  }
  const title = `scan of ${plugins} plugins that the cache knows`
  return [{ name: 'warm-scan', title, unit: 'ns', by: { ours: median(times) } }]
}

async function cold(directory, plugins, options) {
  writeModules(directory, plugins)
  const { ns, found } = await scan(directory, options)
  if (found !== plugins) throw new Stop(`a scan found ${found} plugins of ${plugins}`)
  return ns
}

function scan(directory, options) {
  return inChild('scan', [directory, join(directory, 'compiled')], options)
}

/** A processor that this process may use; undefined where there is no way to choose one. */
function firstProcessor() {
  if (spawnSync('taskset', ['--version']).error) return undefined
  const allowed = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(allowed[1])
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
