// Whether many executions leave anything behind.

import { inChild } from './child.mjs'

/** V8 without threads of its own, and with a young generation that does not grow. */
const V8_HELD_STILL = ['--v8-pool-size=0', '--min-semi-space-size=4', '--max-semi-space-size=4']

export async function executions(_scratch, { count, first, every }) {
  const ours = await inChild('executions', ['ours', count, first, every])
  const still = await inChild('executions', ['ours', count, first, every], { flags: V8_HELD_STILL })
  const node = await inChild('executions', ['node', count, first, every])
  const { samples, ns } = ours
  const growth = ({ samples: [early, ...later] }) => {
    const [most] = later.toSorted((one, another) => another.rss - one.rss)
    return { all: most.rss - early.rss, heap: most.heap - early.heap }
  }
  const grown = { ours: growth(ours), still: growth(still), node: growth(node) }
  const many = count.toLocaleString('en')
  return [
    {
      name: 'executions-growth',
      title: `${many} executions of all outcomes: growth of resident memory after ${first.toLocaleString('en')}`,
      unit: 'bytes',
      by: { ours: grown.ours.all, node: grown.node.all },
      samples: { ours: samples, node: node.samples },
    },
    {
      name: 'executions-heap-growth',
      title: `${many} executions of all outcomes: of this, V8's heap`,
      unit: 'bytes',
      by: { ours: grown.ours.heap, node: grown.node.heap },
    },
    {
      name: 'executions-growth-still',
      title: `${many} executions of all outcomes: growth where V8's threads and heap do not grow`,
      unit: 'bytes',
      by: { ours: grown.still.all },
      samples: { ours: still.samples },
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
