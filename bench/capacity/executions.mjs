// Whether many executions leave anything behind.

import { inChild } from './child.mjs'

export async function executions(_scratch, { count, first, every }) {
  const ours = await inChild('executions', ['ours', count, first, every])
  const node = await inChild('executions', ['node', count, first, every])
  const { samples, ns } = ours
  const growth = ({ samples: [{ rss: early }, ...later] }) => Math.max(...later.map(({ rss }) => rss)) - early
  const many = count.toLocaleString('en')
  return [
    {
      name: 'executions-growth',
      title: `${many} executions of all outcomes: growth of resident memory after ${first.toLocaleString('en')}`,
      unit: 'bytes',
      by: { ours: growth(ours), node: growth(node) },
      samples: { ours: samples, node: node.samples },
    },
    {
      name: 'executions-memory',
      title: `${many} executions of all outcomes: resident memory at the end`,
      unit: 'bytes',
      by: { ours: samples.at(-1).rss, node: node.samples.at(-1).rss },
    },
    {
      name: 'executions-time',
      title: `${many} executions of all outcomes: one of them`,
      unit: 'ns',
      by: { ours: ns / count },
    },
  ]
}
