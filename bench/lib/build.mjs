// Builds what the contenders need and is missing or out of date, with everything it prints on stderr.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { at, cargoEnv, Stop } from '../../scripts/steps.mjs'

const wasm = 'wasm32-unknown-unknown'

const program = name => at('target', 'release', process.platform === 'win32' ? `${name}.exe` : name)

/** The program that bench/rust-host becomes; in the project's target folder, which may have its dependencies already. */
export const rustHost = program('bench-rust-host')
/** The program that bench/wasmtime-direct becomes. */
export const wasmtimeDirect = program('bench-wasmtime-direct')
/** The plugin that bench/extism-guest becomes. */
export const extismGuest = at('target', wasm, 'release', 'bench_extism_guest.wasm')
/** The example plugins. */
export const plugins = at('examples', 'plugins', 'build')
/** The file of a plugin: an example, or what bench/compute-guest becomes. */
export const pluginPath = name =>
  name === 'compute' ? at('target', wasm, 'release', 'compute.wasm') : join(plugins, `${name}.wasm`)

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
  if (contenders.has('direct')) {
    cargo('bench/compute-guest', '--target', wasm)
    // With the addon, so that both have the same features of everything, and nothing is compiled twice.
    const packages = ['--package', 'sen-host-node', '--package', 'bench-wasmtime-direct']
    run('cargo', 'build', '--release', '--locked', ...packages)
  }
}

/** Builds a crate that is a workspace of its own. */
function cargo(crate, ...args) {
  const manifest = ['--manifest-path', `${crate}/Cargo.toml`]
  run('cargo', 'build', '--release', '--locked', '--target-dir', 'target', ...manifest, ...args)
}

function run(command, ...args) {
  console.error(`$ ${command === process.execPath ? 'node' : command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, {
    cwd: at(),
    env: { ...process.env, ...cargoEnv },
    stdio: ['ignore', 2, 2],
  })
  if (error) throw new Stop(`cannot run ${command}: ${error.message}`)
  if (status !== 0) throw new Stop(`${args.join(' ')} failed, see above`)
}
