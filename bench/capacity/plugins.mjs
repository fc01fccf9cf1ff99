// What another plugin takes while nothing calls it.

import { join } from 'node:path'
import { inChild } from './child.mjs'
import { writeModules } from './modules.mjs'

/** Plugins in a directory: as many as have room in one cache. The first is alone in its own. */
const TOGETHER = 200

export async function plugins(scratch, { ours, node, extism }) {
  const directories = []
  for (let left = Math.max(ours, node); left > 0; ) {
    const directory = join(scratch, String(directories.length))
    const count = directories.length === 0 ? 1 : Math.min(left, TOGETHER)
    writeModules(directory, count)
    await inChild('scan', [directory, join(directory, 'compiled')])
    directories.push(directory)
    left -= count
  }
  const growth = {
    ours: await grow('ours', ours, directories),
    node: await grow('node', node, directories),
    extism: await grow('extism', extism, []),
  }
  const row = (name, title, figure) => ({
    name,
    title,
    unit: 'bytes',
    by: Object.fromEntries(Object.entries(growth).map(([who, figures]) => [who, figures[figure]])),
  })
  const each = `one of ${ours.toLocaleString('en')} plugins without calls (${extism} of Extism's)`
  return [
    row('plugin-resident', `${each}: resident memory`, 'rss'),
    row('plugin-proportional', `${each}: its share of what processes share`, 'pss'),
    row('plugin-private', `${each}: private, beyond mapped files`, 'anonymous'),
  ]
}

/** The growth for each plugin, from the first to the last of them. */
async function grow(contender, count, directories) {
  const { first, last } = await inChild('plugins', [contender, count, ...directories])
  return Object.fromEntries(
    Object.keys(first).map(figure => [figure, (last[figure] - first[figure]) / (count - 1)]),
  )
}
