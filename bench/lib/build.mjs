// Builds what the contenders need and is missing or out of date, with everything it prints on stderr.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { at, Stop } from '../../scripts/steps.mjs'

const wasm = 'wasm32-unknown-unknown'

/** The program that bench/rust-host becomes; in the project's target folder, which may have its dependencies already. */
export const rustHost = at(
  'target',
  'release',
  `bench-rust-host${process.platform === 'win32' ? '.exe' : ''}`,
)
/** The plugin that bench/extism-guest becomes. */
export const extismGuest = at('target', wasm, 'release', 'bench_extism_guest.wasm')
/** The example plugins. */
export const plugins = at('examples', 'plugins', 'build')
export const pluginPath = name => join(plugins, `${name}.wasm`)

/** Builds for these contenders. */
export function build(contenders) {
  if (!existsSync(at('node_modules', '@extism', 'extism'))) throw new Stop('run npm ci first')
  if (contenders.has('ours')) {
    run(process.execPath, 'scripts/build-addon.mjs')
    run(process.execPath, 'scripts/build-ts.mjs')
  }
  run(process.execPath, 'scripts/build-plugins.mjs', '--no-zig')
  if (contenders.has('rust')) cargo('bench/rust-host')
  if (contenders.has('extism')) cargo('bench/extism-guest', '--target', wasm)
}

function cargo(crate, ...args) {
  const manifest = ['--manifest-path', `${crate}/Cargo.toml`]
  run('cargo', 'build', '--release', '--locked', '--target-dir', 'target', ...manifest, ...args)
}

function run(command, ...args) {
  console.error(`$ ${command === process.execPath ? 'node' : command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, { cwd: at(), stdio: ['ignore', 2, 2] })
  if (error) throw new Stop(`cannot run ${command}: ${error.message}`)
  if (status !== 0) throw new Stop(`${args.join(' ')} failed, see above`)
}
