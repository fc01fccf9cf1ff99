// Builds the addons that can be built on this system, packs them, and runs what can be run (node-for-platform.mjs):
// `npm run package:all`, which takes minutes a platform, or `npm run package:all -- TARGET...` for some of them. Ends with a
// table.

import { statSync } from 'node:fs'
import { nodeForPlatform } from './node-for-platform.mjs'
import { platforms, source } from './platforms.mjs'
import { smoke } from './smoke.mjs'
import { ask, at, main, run, Stop } from './steps.mjs'

const output = at('target', 'packages')

await main(() => {
  const wanted = process.argv.slice(2)
  const here = platforms.filter(({ os, target }) =>
    wanted.length === 0 ? os === process.platform : wanted.includes(target),
  )
  for (const { target } of here) run('node', ['scripts/build-release.mjs', target])
  run('node', ['scripts/package.mjs', '--addons', at('target', 'addons'), '--output', output])

  const rows = platforms.map(platform => [platform.name, rowOf(platform, here.includes(platform))])
  console.table(Object.fromEntries(rows))
  if (rows.some(([, { run: outcome }]) => outcome === 'failed')) throw new Stop('what is packed does not run')
})

function rowOf(platform, isBuilt) {
  if (!isBuilt) return { built: 'no', addon: '', packed: '', run: '' }
  const tarball = at('target', 'packages', `${platform.packageName}-${source.version}.tgz`)
  return {
    built: 'yes',
    addon: megabytes(at('target', 'addons', platform.addon)),
    packed: megabytes(tarball),
    run: tryOn(platform),
  }
}

function tryOn(platform) {
  const node = nodeForPlatform(platform)
  if (node === undefined) return 'no such Node here'
  try {
    smoke(output, [node], platform.name)
    return `by ${ask(node[0], [...node.slice(1), '--version'])}`
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    console.error(error.message)
    return 'failed'
  }
}

function megabytes(file) {
  return `${(statSync(file).size / 1_000_000).toFixed(2)} MB`
}
