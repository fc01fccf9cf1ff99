// Builds the addon as it is published, for a platform that need not be this one: `npm run build:release -- TARGET`, with
// a Rust target of `napi.targets`; without one, for every target that can be built here. The addons go to target/addons.
//
// For Linux the linker is Zig, which knows every version of glibc: the addon needs 2.28, whatever this machine has. It and
// cargo-zigbuild come from PyPI, into target/cross. macOS and Windows are built on their own systems.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { checkAddon, GLIBC } from './check-addon.mjs'
import { namedTargets, platforms } from './platforms.mjs'
import { ask, at, main, requireRust, run, Stop } from './steps.mjs'

const CRATE = 'sen-host-node'
const TOOLS = ['cargo-zigbuild==0.24.0', 'ziglang==0.15.2']
const tools = at('target', 'cross')

await main(() => {
  const wanted = namedTargets()
  requireRust()
  const all = platforms.filter(({ os }) => os === process.platform)
  for (const platform of platforms) {
    if (wanted.length === 0 ? all.includes(platform) : wanted.includes(platform.target)) build(platform)
  }
})

function build(platform) {
  const { target, os, libc } = platform
  if (os !== process.platform && os !== 'linux')
    throw new Stop(`${target} is built on its own system: this is ${process.platform}`)
  if (ask('rustup', ['target', 'list', '--installed'])?.split('\n').includes(target) === false)
    run('rustup', ['target', 'add', target])

  const args = ['--profile', 'dist', '--locked', '--package', CRATE]
  if (os === 'linux') {
    const env = crossEnv()
    // A library that is loaded into Node cannot bring a C library of its own.
    if (libc === 'musl') env.RUSTFLAGS = '-C target-feature=-crt-static'
    run('cargo', ['zigbuild', ...args, '--target', libc === 'glibc' ? `${target}.${GLIBC}` : target], { env })
  } else {
    // Windows comes without Microsoft's library for C, which Node brings within itself, and so does the addon.
    const env = os === 'win32' ? { RUSTFLAGS: '-C target-feature=+crt-static' } : {}
    run('cargo', ['build', ...args, '--target', target], { env })
  }

  mkdirSync(at('target', 'addons'), { recursive: true })
  const addon = at('target', 'addons', platform.addon)
  copyFileSync(library(platform), addon)
  checkAddon(platform, addon)
  console.log(`${platform.addon} is built`)
}

function library({ target, os }) {
  const name = CRATE.replaceAll('-', '_')
  const file = { linux: `lib${name}.so`, darwin: `lib${name}.dylib`, win32: `${name}.dll` }[os]
  return at('target', target, 'dist', file)
}

/** Where cargo finds zigbuild, and that Python's Zig; installs both where they are missing. */
function crossEnv() {
  if (!existsSync(join(tools, 'bin', 'cargo-zigbuild'))) {
    const quiet = ['--quiet', '--disable-pip-version-check']
    run('python3', ['-m', 'pip', 'install', ...quiet, '--target', tools, '--upgrade', ...TOOLS])
  }
  const before = (path, variable) => [path, variable].filter(Boolean).join(delimiter)
  return {
    PATH: before(join(tools, 'bin'), process.env.PATH),
    PYTHONPATH: before(tools, process.env.PYTHONPATH),
  }
}
