// Runs every attempt on this host and on its peers, and shows who held: `npm run scoreboard`.
//
//   npm run scoreboard                       all attempts on all hosts, some minutes
//   npm run scoreboard -- --markdown         the table as Markdown
//   npm run scoreboard -- --host ours        one host: ours, node, extism (repeatable)
//   npm run scoreboard -- --only link_       attempts with this in their name (repeatable)
//   npm run scoreboard -- --verbose          with what each guest reported, on stderr
//
// The table is on stdout, progress on stderr. Exit code 1 when an attempt did anything but fail on this host, or when
// something could not be run, 2 for a wrong command line.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { markdownTable, textTable } from '../bench/lib/table.mjs'
import { at, main, Stop } from '../scripts/steps.mjs'
import { groups } from './attempts.mjs'
import { runAttempt } from './run.mjs'

const HOSTS = ['ours', 'node', 'extism']

function readCommandLine() {
  const options = {
    host: { type: 'string', multiple: true, default: HOSTS },
    only: { type: 'string', multiple: true, default: [''] },
    markdown: { type: 'boolean' },
    verbose: { type: 'boolean' },
  }
  try {
    const { values } = parseArgs({ options })
    const unknown = values.host.find(host => !HOSTS.includes(host))
    if (unknown !== undefined) throw new Error(`there is no host '${unknown}' here, only ${HOSTS.join(', ')}`)
    return values
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}

/** Runs work for each item, as many at a time as there are processors. */
async function forEach(items, work) {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

/** The verdicts, by host and attempt. */
async function runAll(hosts, chosen, verbose) {
  const verdicts = new Map(hosts.map(({ id }) => [id, new Map()]))
  const cells = chosen.flatMap(({ needs, names }) =>
    hosts
      .filter(({ grants }) => needs === undefined || grants[needs])
      .flatMap(({ id }) => names.map(attempt => ({ host: id, attempt }))),
  )
  await forEach(cells, async ({ host, attempt }) => {
    const { verdict, report } = await runAttempt(host, attempt)
    verdicts.get(host).set(attempt, verdict)
    console.error(`${host} ${attempt}: ${verdict}${verbose ? ` (${report})` : ''}`)
  })
  return verdicts
}

function buildGuest() {
  const script = at('scripts', 'build-plugins.mjs')
  const { status } = spawnSync(process.execPath, [script, '--only', 'escape'], { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Stop('the guest could not be built, see above')
}

async function checkGrants(host) {
  const { verdict, report } = await runAttempt(host, 'control')
  if (verdict !== 'held' || !report.includes('works'))
    throw new Stop(`the guest cannot do on ${host} what it is granted: ${verdict}, ${report}`)
}

function rows(hosts, chosen, verdicts, heading) {
  const cell = ({ id }, attempt) => verdicts.get(id).get(attempt) ?? 'no such grant'
  const body = chosen.flatMap(({ title, attempts, names }) => [
    [heading(title), ...hosts.map(() => '')],
    ...names.map(attempt => [attempts[attempt], ...hosts.map(host => cell(host, attempt))]),
  ])
  const totals = hosts.map(({ id }) => {
    const all = [...verdicts.get(id).values()]
    return `${all.filter(verdict => verdict === 'held').length} of ${all.length} held`
  })
  return [['attempt', ...hosts.map(({ name }) => name)], ...body, [heading('All'), ...totals]]
}

await main(async () => {
  const { host, only, markdown, verbose } = readCommandLine()
  if (!existsSync(at('dist', 'index.js'))) throw new Stop('this host is not built: npm run build')
  buildGuest()
  const hosts = await Promise.all(host.map(async id => ({ id, ...(await import(`./hosts/${id}.mjs`)) })))
  const chosen = groups
    .map(group => ({
      ...group,
      names: Object.keys(group.attempts).filter(attempt => only.some(part => attempt.includes(part))),
    }))
    .filter(({ names }) => names.length > 0)

  for (const { id } of hosts) await checkGrants(id)
  const verdicts = await runAll(hosts, chosen, verbose)
  const table = markdown ? markdownTable : textTable
  console.log(table(rows(hosts, chosen, verdicts, title => (markdown ? `**${title}**` : `\n${title}`))))

  const lost = [...(verdicts.get('ours') ?? [])].filter(([, verdict]) => verdict !== 'held')
  if (lost.length > 0) throw new Stop(`not held here: ${lost.map(([attempt]) => attempt).join(', ')}`)
})
