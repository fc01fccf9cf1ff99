// Takes the version of package.json everywhere else it stands. npm runs it in `npm version minor`, which has changed
// package.json and its lock by then, and afterwards commits and tags what is staged.

import { readFileSync, writeFileSync } from 'node:fs'
import { writePlatformPackages } from './platform-packages.mjs'
import { source } from './platforms.mjs'
import { at, main, run, Stop } from './steps.mjs'

const { version } = source

await main(() => {
  const manifest = edit('Cargo.toml', /(?<=^\[workspace\.package\]\nversion = ")[^"]+/m, () => version)
  // The crates of this workspace are those that come from nowhere.
  const own = /(?<=^\[\[package\]\]\nname = "[^"]+"\nversion = ")([^"]+)(?="\n(?!source))/gm
  const lock = edit('Cargo.lock', own, found => (found === manifest.before ? version : found))
  const heading = `## ${version} (${new Date().toISOString().slice(0, 10)})`
  const changes = edit('CHANGELOG.md', /^## .*unreleased.*$/im, () => heading)
  // Once all of it can be done: what is half done could not be repeated.
  for (const { file, text } of [manifest, lock, changes]) writeFileSync(at(file), text)
  writePlatformPackages()
  run('git', ['add', 'Cargo.toml', 'Cargo.lock', 'CHANGELOG.md', 'npm'])
})

/** A file with what `pattern` finds in it replaced, and the first that it found before. */
function edit(file, pattern, replace) {
  const text = readFileSync(at(file), 'utf8')
  const [before] = text.match(pattern) ?? []
  if (before === undefined) throw new Stop(`${file} has nothing like ${pattern}`)
  return { file, before, text: text.replace(pattern, replace) }
}
