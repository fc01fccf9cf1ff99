// Type-checks and lints the addon's Rust for the platforms that it is published for, whatever this one is: `npm run
// check:platforms`, or `npm run check:platforms -- TARGET...` for some of them. Ends with a table.
//
// Nothing is linked, so nothing is needed but Rust: build scripts of dependencies that compile C or assembly are given a
// compiler that makes empty files (stand-in-compiler.mjs). That all of it links and runs is shown where it is built.

import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { namedTargets, platforms } from './platforms.mjs'
import { ask, at, main, requireRust, run, Stop } from './steps.mjs'

const CRATES = ['sen-host-protocol', 'sen-host', 'sen-host-node']
/** By whatever name a build script asks for a compiler, an assembler or an archiver of these systems. */
const TOOLS = ['cc', 'ar', 'lib.exe', 'ml64.exe', 'armasm64.exe']
const tools = at('target', 'stand-in')

await main(() => {
  const wanted = namedTargets()
  requireRust({ components: ['clippy'] })
  layTools()
  const chosen = platforms.filter(({ target }) => wanted.length === 0 || wanted.includes(target))
  const rows = chosen.map(({ name, target }) => [name, { target, checked: check(target) }])
  console.table(Object.fromEntries(rows))
  if (rows.some(([, { checked }]) => checked !== 'no errors, no warnings'))
    throw new Stop('what is published does not compile, or not without warnings')
})

function check(target) {
  if (ask('rustup', ['target', 'list', '--installed'])?.split('\n').includes(target) === false)
    run('rustup', ['target', 'add', target])
  const packages = CRATES.flatMap(name => ['--package', name])
  try {
    run('cargo', ['clippy', '--locked', ...packages, '--target', target, '--', '-D', 'warnings'], {
      env: standIns(target),
    })
    return 'no errors, no warnings'
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    return 'failed'
  }
}

function standIns(target) {
  const variable = target.replaceAll('-', '_')
  return {
    // Where tools are asked for by name; the linker of build scripts for this machine is not among them.
    PATH: [join(tools, 'by-name'), process.env.PATH].join(delimiter),
    [`CC_${variable}`]: join(tools, 'cc'),
    [`AR_${variable}`]: join(tools, 'ar'),
  }
}

function layTools() {
  rmSync(tools, { recursive: true, force: true })
  mkdirSync(join(tools, 'by-name'), { recursive: true })
  for (const name of TOOLS) {
    const folder = name.endsWith('.exe') ? join(tools, 'by-name') : tools
    symlinkSync(at('scripts', 'stand-in-compiler.mjs'), join(folder, name))
  }
}
