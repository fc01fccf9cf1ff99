// What a process does that has executed plugins and has nothing to do.

import { existsSync } from 'node:fs'
import { inChild } from './child.mjs'

export async function quiet(_scratch, { executions, ms }) {
  // Other systems do not tell.
  if (!existsSync('/proc/self/task')) return []
  const by = {
    ours: await inChild('quiet', ['ours', executions, ms]),
    node: await inChild('quiet', ['node', executions, ms]),
  }
  const row = (name, title, figure) => ({
    name: `quiet-${name}`,
    title,
    unit: 'count',
    by: Object.fromEntries(Object.entries(by).map(([who, figures]) => [who, figures[figure]])),
  })
  const after = `after ${executions.toLocaleString('en')} executions and ${ms / 1000} s of quiet`
  return [
    row('wake-ups', `${after}: wake-ups of threads in ${ms / 1000} s`, 'wakeUps'),
    row('threads', `${after}: threads`, 'threads'),
  ]
}
