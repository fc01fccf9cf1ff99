// All of the project's checks, one after the other, quick ones first: `npm test`. Builds what they need and has not been
// built. Stops at the first that fails, with exit code 1. Cold this compiles wasmtime several times over and takes many
// minutes; afterwards only what changed is compiled.

import { existsSync, readFileSync } from 'node:fs'
import { at, cargoEnv, install, main, requireNode, requireRust, run, Stop } from './steps.mjs'

const cargo = (...args) => run('cargo', args, { env: cargoEnv })
const tsc = (...args) => run('tsc', args)

const checks = {
  'Rust is formatted (npm run format)': () => {
    cargo('fmt', '--all', '--check')
    for (const workspace of ['examples/plugins', 'scoreboard/guest', 'test/wasi/guest'])
      cargo('fmt', '--all', '--check', '--manifest-path', `${workspace}/Cargo.toml`)
  },
  'TypeScript, scripts and JSON are formatted and lint clean (npm run format)': () =>
    run('biome', ['check', '--error-on-warnings']),
  'Rust lints clean': () =>
    cargo('clippy', '--release', '--workspace', '--all-targets', '--', '-D', 'warnings'),
  'the addon builds, and index.d.ts is what it generates': () => {
    const committed = existsSync(at('index.d.ts')) ? readFileSync(at('index.d.ts'), 'utf8') : undefined
    run('node', ['scripts/build-addon.mjs'])
    if (committed === readFileSync(at('index.d.ts'), 'utf8')) return
    throw new Stop(
      'index.d.ts was not the one that crates/node generates. It is now: commit it, and run this again',
    )
  },
  'TypeScript builds': () => run('node', ['scripts/build-ts.mjs']),
  'tests have no type errors': () => tsc('--project', 'test/tsconfig.json'),
  "users' programs have no type errors, as ES modules and as CommonJS": () => {
    tsc('--project', 'test/package/tsconfig.json')
    tsc('--project', 'test/package/tsconfig.json', '--module', 'node16')
  },
  'the example plugins and the guests build': () => run('node', ['scripts/build-plugins.mjs']),
  'the package is what npm expects, and works on every version of Node once it is installed': () =>
    run('node', ['scripts/check-package.mjs']),
  'tests in Rust': () => cargo('test', '--release', '--workspace'),
  'tests in TypeScript': () => run('vitest', ['run']),
}

await main(() => {
  requireNode()
  requireRust({ components: ['clippy', 'rustfmt'] })
  install()

  const titles = Object.keys(checks)
  const started = performance.now()
  for (const [index, title] of titles.entries()) {
    const before = performance.now()
    console.log(`\n[${index + 1}/${titles.length}] ${title}`)
    try {
      checks[title]()
    } catch (error) {
      console.log(`\nFailed: ${title}\n${error instanceof Stop ? error.message : error.stack}`)
      console.log(`checks: ${index} passed, 1 failed`)
      process.exitCode = 1
      return
    }
    console.log(`[${index + 1}/${titles.length}] took ${seconds(before)}`)
  }
  console.log(`\nAll checks passed in ${seconds(started)}.\nchecks: ${titles.length} passed, 0 failed`)
})

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
