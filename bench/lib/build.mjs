// Builds what the contenders need and is missing or out of date, with everything it prints on stderr.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { at, cargoEnv, Stop } from '../../scripts/steps.mjs'

const wasm = 'wasm32-unknown-unknown'
const wasi = 'wasm32-wasip1'

const program = name => at('target', 'release', process.platform === 'win32' ? `${name}.exe` : name)

/** The program that bench/rust-host becomes; in the project's target folder, which may have its dependencies already. */
export const rustHost = program('bench-rust-host')
/** The program that bench/wasmtime-direct becomes. */
export const wasmtimeDirect = program('bench-wasmtime-direct')
/** The plugin that bench/extism-guest becomes. */
export const extismGuest = at('target', wasm, 'release', 'bench_extism_guest.wasm')
/** The same, built for WASI. */
export const extismWasiGuest = at('target', wasi, 'release', 'bench_extism_guest.wasm')
/** The example plugins. */
export const plugins = at('examples', 'plugins', 'build')
const otherPlugins = {
  compute: at('target', wasm, 'release', 'compute.wasm'),
  'hello-wasi': at('target', wasi, 'release', 'hello.wasm'),
}
/** The file of a plugin: an example, what bench/compute-guest becomes, or the example `hello` built for WASI. */
export const pluginPath = name => otherPlugins[name] ?? join(plugins, `${name}.wasm`)
/** Where the plugin `cat` finds `./data`. */
export const workingDirectory = at('bench', 'granted')
/** What a host that is told of directories grants to a plugin: as `cat` has it in its manifest, and nothing to others. */
export const directoriesOf = plugin => (plugin === 'cat' ? { '/data': join(workingDirectory, 'data') } : {})

/** Builds for these contenders. */
export function build(contenders) {
  if (!existsSync(at('node_modules', '@extism', 'extism'))) throw new Stop('run npm ci first')
  if (contenders.has('ours')) {
    run(process.execPath, 'scripts/build-addon.mjs')
    run(process.execPath, 'scripts/build-ts.mjs')
  }
  run(process.execPath, 'scripts/build-plugins.mjs', '--no-zig')
  cargo('examples/plugins', '--target', wasi, '--package', 'hello')
  if (contenders.has('rust')) cargo('bench/rust-host')
  if (contenders.has('extism')) cargo('bench/extism-guest', '--target', wasm, '--target', wasi)
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
