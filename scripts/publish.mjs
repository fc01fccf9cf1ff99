// Publishes the tarballs of target/packages, the platforms' before the one that asks for them: whoever installs in between
// gets the version before. All are looked at before the first is published. What is on the registry already is left alone,
// so that a run that broke off can be repeated; unless it is from another build, of which the rest would not be.
//
//   node scripts/publish.mjs [--dry-run] [--tag TAG] [--tarballs DIR]
//
// In the release workflow npm trusts the workflow's own identity, and writes down where each package comes from; there is
// no token. Built-in modules only: nothing else runs beside that identity.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { platforms, rootManifest, source } from './platforms.mjs'
import { ask, at, main, run, Stop, tell } from './steps.mjs'

await main(() => {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean' },
      tag: { type: 'string' },
      tarballs: { type: 'string', default: at('target', 'packages') },
    },
  })
  const names = [...platforms.map(({ packageName }) => packageName), source.name]
  const tarballs = names.map(name => [name, join(resolve(values.tarballs), `${name}-${source.version}.tgz`)])
  const missing = tarballs.filter(([, file]) => !existsSync(file))
  if (missing.length > 0) throw new Stop(`not packed: ${missing.map(([name]) => name).join(', ')}`)
  for (const [name, file] of tarballs) check(name, file)

  const waiting = tarballs.filter(([name, file]) => !isPublished(name, file, values['dry-run']))
  const tag = values.tag ?? tagOf(source.version)
  const dryRun = values['dry-run'] ? ['--dry-run'] : []
  for (const [, file] of waiting) run('npm', ['publish', file, '--access', 'public', '--tag', tag, ...dryRun])
})

/** Whether this very tarball is on the registry; where nothing is published, whether any of its version is. */
function isPublished(name, file, isDryRun) {
  const known = view(`${name}@${source.version}`, 'dist.integrity')
  if (known === undefined) return false
  const isThis = known === `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`
  if (!isThis && !isDryRun)
    throw new Stop(
      `${name} ${source.version} was published from another build. Repeat only the job that publishes, with the ` +
        'packages of the first run; or give this a version of its own',
    )
  console.log(`${name} ${source.version} is published already`)
  return true
}

/** A file's name says what was packed; what npm goes by is the manifest in it. */
function check(name, file) {
  const text = ask('tar', ['-xzOf', file, 'package/package.json'])
  if (text === undefined) throw new Stop(`${file} cannot be read`)
  const manifest = JSON.parse(text)
  if (manifest.name !== name || manifest.version !== source.version)
    throw new Stop(`${file} has ${manifest.name} ${manifest.version} in it: npm run package`)
  if (
    name === source.name &&
    !isDeepStrictEqual(manifest.optionalDependencies, rootManifest().optionalDependencies)
  )
    throw new Stop(`${file} asks for other packages than are published with it: npm run package`)
}

/**
 * What `npm install` takes without being asked is never a version that was only tried, nor one that mends an older
 * version than it took before: that is found under the tag of its own line, as stable-1.2.
 */
function tagOf(version) {
  if (version.includes('-')) return 'next'
  // Of one that was tried, its final version is the later one.
  const [latest] = (view(source.name, 'dist-tags.latest') ?? '0.0.0').split('-')
  if (version.localeCompare(latest, 'en', { numeric: true }) >= 0) return 'latest'
  const [major, minor] = version.split('.')
  return `stable-${major}.${minor}`
}

/** What the registry says of a package; undefined where it has none. Not to be told is not to know. */
function view(name, field) {
  const { status, stdout } = tell('npm', ['view', name, field, '--json'])
  const answer = stdout?.trim() ? JSON.parse(stdout) : undefined
  if (status === 0) return answer
  if (answer?.error?.code === 'E404') return undefined
  throw new Stop(
    `the registry could not be asked for ${name}: ${answer?.error?.summary ?? `npm ended with ${status}`}`,
  )
}
