// Publishes the tarballs of target/packages, the platforms' before the one that asks for them: whoever installs in between
// gets the version before. What is on the registry already is left alone, so that a run that broke off can be repeated.
//
//   node scripts/publish.mjs [--dry-run] [--tag TAG]
//
// In the release workflow npm trusts the workflow's own identity, and writes down where each package comes from; there is
// no token.

import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { platforms, source } from './platforms.mjs'
import { ask, at, main, run, Stop } from './steps.mjs'

const folder = at('target', 'packages')

await main(() => {
  const { values } = parseArgs({
    options: { 'dry-run': { type: 'boolean' }, tag: { type: 'string', default: tagOf(source.version) } },
  })
  const names = [...platforms.map(({ packageName }) => packageName), source.name]
  const tarballs = names.map(name => [name, `${name}-${source.version}.tgz`])
  const missing = tarballs.filter(([, file]) => !readdirSync(folder).includes(file))
  if (missing.length > 0) throw new Stop(`not packed: ${missing.map(([name]) => name).join(', ')}`)

  for (const [name, file] of tarballs) {
    const published = ask('npm', ['view', `${name}@${source.version}`, 'version'])
    if (published) {
      console.log(`${name} ${source.version} is published already`)
      continue
    }
    const dryRun = values['dry-run'] ? ['--dry-run'] : []
    run('npm', [
      'publish',
      at('target', 'packages', file),
      '--access',
      'public',
      '--tag',
      values.tag,
      ...dryRun,
    ])
  }
})

/** What `npm install` takes without being asked is never a version that was only tried. */
function tagOf(version) {
  return version.includes('-') ? 'next' : 'latest'
}
