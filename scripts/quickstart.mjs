// From a fresh clone to a plugin's output: `npm run quickstart`. Installs, builds the addon, the package and the example
// plugins, and runs some of these through the command line. Every command is shown before it runs and can be typed as it
// stands. A second run builds nothing that has not changed.

import { ask, install, main, requireNode, requireRust, run, Stop } from './steps.mjs'

const plugins = ['--plugins', 'examples/plugins/build']
const sen = (...args) => ['dist/sen.cjs', ...args]
let step = 0

await main(() => {
  requireNode()
  requireRust()

  say('Installing the npm packages that the build needs')
  install()

  say(
    'Building the addon: Rust with wasmtime inside, which takes minutes the first time (4 to 10 on two cores)',
  )
  run('node', ['scripts/build-addon.mjs'])

  say('Building the TypeScript package')
  run('node', ['scripts/build-ts.mjs'])

  // Zig comes with pip, which some systems leave out of their Python.
  const pip = ['python3', 'python'].some(name => ask(name, ['-m', 'pip', '--version']) !== undefined)
  const zig = pip || ask('zig', ['version']) !== undefined
  say(
    `Building the example plugins${zig ? '' : '; without those in Zig and C, which need Zig or Python 3 with pip'}`,
  )
  run('node', ['scripts/build-plugins.mjs', ...(zig ? [] : ['--no-zig'])])

  say('Running plugins')
  console.log('A plugin written with the sen-plugin-sdk crate greets:')
  run('node', sen('run', ...plugins, 'greet', 'Ada'))
  console.log('\nAll that is loaded:')
  run('node', sen('list', ...plugins))
  console.log('\nA plugin that never ends runs out of fuel, and is stopped. This one is meant to fail:')
  const code = run('node', sen('run', ...plugins, 'spin'), { accept: () => true })
  if (code < 70)
    throw new Stop(`spin should have been stopped with an exit code of 70 or more, and ended with ${code}`)
  console.log(`(exit code ${code}: 70 and up are faults of a plugin or its host)`)

  console.log(`
It works. What next:
  npm test          runs all tests and checks; the first time it compiles for some minutes more
  README.md         using the package in a program, its limits, writing a plugin
  npx sen --help    the command line`)
})

function say(what) {
  step += 1
  console.log(`\n[${step}/5] ${what}`)
}
