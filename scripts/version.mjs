// Takes the version of package.json everywhere else it stands. npm runs it in `npm version minor`, which has changed
// package.json and its lock by then, and afterwards commits and tags what is staged.

import { readFileSync, writeFileSync } from 'node:fs'
import { writePlatformPackages } from './platform-packages.mjs'
import { source } from './platforms.mjs'
import { at, main, run, Stop } from './steps.mjs'

const { version } = source

await main(() => {
  const before = edit('Cargo.toml', /(?<=^\[workspace\.package\]\nversion = ")[^"]+/m, version)
  // The crates of this workspace are those that come from nowhere.
  const own = /(?<=^\[\[package\]\]\nname = "[^"]+"\nversion = ")([^"]+)(?="\n(?!source))/gm
  edit('Cargo.lock', own, found => (found === before ? version : found))
  edit('CHANGELOG.md', /^## .*unreleased.*$/im, `## ${version} (${new Date().toISOString().slice(0, 10)})`)
  writePlatformPackages()
  run('git', ['add', 'Cargo.toml', 'Cargo.lock', 'CHANGELOG.md', 'npm'])
})

/** Replaces what `pattern` finds in a file, and returns the first that it found. */
function edit(file, pattern, replacement) {
  const text = readFileSync(at(file), 'utf8')
  const [found] = text.match(pattern) ?? []
  if (found === undefined) throw new Stop(`${file} has nothing like ${pattern}`)
  writeFileSync(at(file), text.replace(pattern, replacement))
  return found
}
