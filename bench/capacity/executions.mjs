// Whether many executions leave anything behind.

import { inChild } from './child.mjs'

export async function executions(_scratch, { count, first, every }) {
  const { samples, ns } = await inChild('executions', [count, first, every])
  const [{ rss: early }, ...later] = samples
  const growth = Math.max(...later.map(({ rss }) => rss)) - early
  const many = count.toLocaleString('en')
  return [
    {
      name: 'executions-growth',
      title: `${many} executions of all outcomes: growth of resident memory after ${first.toLocaleString('en')}`,
      unit: 'bytes',
      by: { ours: growth },
      samples,
    },
    {
      name: 'executions-memory',
      title: `${many} executions of all outcomes: resident memory at the end`,
      unit: 'bytes',
      by: { ours: samples.at(-1).rss },
    },
    {
      name: 'executions-time',
      title: `${many} executions of all outcomes: one of them`,
      unit: 'ns',
      by: { ours: ns / count },
    },
  ]
}
