// Puts the latest results into README.md, each between its markers: `npm run bench:readme`. What was not measured stays.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { at, main, Stop } from '../scripts/steps.mjs'

const RESULTS = { bench: 'latest.md', capacity: 'capacity.md' }

await main(() => {
  let readme = readFileSync(at('README.md'), 'utf8')
  for (const [name, file] of Object.entries(RESULTS)) {
    const path = at('bench', 'results', file)
    if (existsSync(path)) readme = between(readme, name, readFileSync(path, 'utf8'))
    else console.error(`bench/results/${file} does not exist: ${name} stays as it is`)
  }
  writeFileSync(at('README.md'), readme)
})

function between(text, name, content) {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from) throw new Stop(`README.md has no place for ${name}, between ${start}and ${end}`)
  return text.slice(0, from + start.length) + content + text.slice(to)
}
