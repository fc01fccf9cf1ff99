#!/usr/bin/env node
// Builds the example plugins of examples/plugins into examples/plugins/build/<command>.wasm, and in the same way the
// guests in Rust that the tests and the scoreboard run.
//
//   node scripts/build-plugins.mjs                  all of them
//   node scripts/build-plugins.mjs --no-zig         without the ones in Zig and C, which need Zig or Python
//   node scripts/build-plugins.mjs --only hello     one of them
//
// Needs Node 20 and cargo with the wasm32-unknown-unknown and wasm32-wasip1 targets. Zig, in the version pinned below, which
// compiles C too, is taken from the PATH or from Python's `ziglang` package, which is installed into target/ziglang where it
// is missing.
//
// What it does is told on stderr, stdout stays empty. A plugin that is up to date is left as it is, down to its time
// stamp: cargo knows for Rust, for Zig and C a digest of the source, the compiler's version and its arguments is kept beside
// the output. Exit code 1 when anything could not be built, 2 for a wrong command line.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ZIG_VERSION = '0.15.2'
/** How Zig is called for each language, and the option that names its output. */
const ZIG_LANGUAGES = {
  zig: {
    args: [
      'build-exe',
      ...['-target', 'wasm32-freestanding', '-fno-entry', '-rdynamic', '-O', 'ReleaseSmall', '-fstrip'],
    ],
    emit: path => [`-femit-bin=${path}`],
  },
  c: {
    args: [
      'cc',
      ...['-target', 'wasm32-freestanding', '-std=c17', '-Os', '-Wall', '-Wextra', '-Werror', '-nostdlib'],
      ...['-Wl,--no-entry', '-Wl,--strip-all', '-Wl,-z,stack-size=16384'],
    ],
    emit: path => ['-o', path],
  },
}

// The command a plugin provides is the name of its cargo package, or that of its source here.
const RUST_PLUGINS = [
  {
    workspace: 'examples/plugins',
    target: 'wasm32-unknown-unknown',
    commands: ['hello', 'greet', 'spin', 'wc', 'fail', 'fetch'],
  },
  { workspace: 'examples/plugins', target: 'wasm32-wasip1', commands: ['cat', 'env', 'tee'] },
  { workspace: 'scoreboard/guest', target: 'wasm32-wasip1', commands: ['escape'] },
  { workspace: 'test/wasi/guest', target: 'wasm32-wasip1', commands: ['preview1'] },
]
const ZIG_PLUGINS = {
  rot13: { language: 'zig', source: 'zig-rot13/rot13.zig' },
  rev: { language: 'c', source: 'c-rev/rev.c' },
}

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const PLUGINS = join(PROJECT, 'examples', 'plugins')
const ZIG_OUTPUT = join(PLUGINS, 'build')
const CARGO_TARGET = join(PLUGINS, 'target')
const ZIG_PACKAGE = join(PROJECT, 'target', 'ziglang')
const ZIG_CACHE = join(PROJECT, 'target', 'zig-cache')

class BuildError extends Error {}

class UsageError extends Error {}

function readCommandLine() {
  const names = [...RUST_PLUGINS.flatMap(({ commands }) => commands), ...Object.keys(ZIG_PLUGINS)]
  let options
  try {
    options = parseArgs({ options: { 'no-zig': { type: 'boolean' }, only: { type: 'string' } } }).values
  } catch (error) {
    throw new UsageError(error.message)
  }
  const { only, 'no-zig': noZig } = options
  if (only !== undefined && !names.includes(only)) {
    throw new UsageError(`there is no plugin '${only}', only ${names.join(', ')}`)
  }
  if (noZig && only in ZIG_PLUGINS)
    throw new UsageError(`--no-zig leaves out '${only}', the only plugin asked for`)
  const wanted = name => only === undefined || only === name
  return {
    rust: RUST_PLUGINS.map(group => ({ ...group, commands: group.commands.filter(wanted) })).filter(
      ({ commands }) => commands.length > 0,
    ),
    zig: noZig ? [] : Object.keys(ZIG_PLUGINS).filter(wanted),
  }
}

function log(message) {
  process.stderr.write(`build-plugins: ${message}\n`)
}

/** A child whose stdout and stderr both go to our stderr. Its `error.code` is ENOENT where there is no such program. */
function run(program, args, options = {}) {
  return spawnSync(program, args, { stdio: ['ignore', 2, 2], ...options })
}

/** What a program prints, or undefined where there is no such program or it fails. */
function outputOf(program, args, options = {}) {
  const { status, stdout } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    ...options,
  })
  return status === 0 ? stdout.trim() : undefined
}

/** Puts a plugin in place in one step, for hosts may be watching the directory; leaves the same bytes alone. */
function install(output, command, bytes) {
  mkdirSync(output, { recursive: true })
  const path = join(output, `${command}.wasm`)
  const size = `${relative(PROJECT, path)} (${(bytes.length / 1024).toFixed(1)} KiB)`
  if (existsSync(path) && readFileSync(path).equals(bytes)) return log(`${size} is up to date`)
  const partial = join(output, `.${command}.partial`)
  writeFileSync(partial, bytes)
  renameSync(partial, path)
  log(`${size} written`)
}

function buildRust({ workspace, target, commands }) {
  const cwd = join(PROJECT, workspace)
  const packages = commands.flatMap(command => ['--package', command])
  log(`cargo builds ${commands.join(', ')}`)
  const { status, error } = run(
    'cargo',
    ['build', '--release', '--locked', '--target', target, '--target-dir', CARGO_TARGET, ...packages],
    { cwd },
  )
  if (error?.code === 'ENOENT') {
    throw new BuildError('cargo was not found. Install Rust from https://rustup.rs and run this again')
  }
  if (error) throw error
  if (status !== 0) {
    const library = outputOf('rustc', ['--print', 'target-libdir', '--target', target], { cwd })
    throw new BuildError(
      library !== undefined && existsSync(library)
        ? 'cargo failed, see above'
        : `Rust cannot build for WebAssembly yet. Run \`rustup target add ${target}\` and this again`,
    )
  }
  for (const command of commands) {
    install(
      join(cwd, 'build'),
      command,
      readFileSync(join(CARGO_TARGET, target, 'release', `${command}.wasm`)),
    )
  }
}

function buildZig(commands) {
  let zig
  for (const command of commands) {
    const { language, source: file } = ZIG_PLUGINS[command]
    const { args, emit } = ZIG_LANGUAGES[language]
    const source = join(PLUGINS, file)
    const digestPath = join(ZIG_OUTPUT, `.${command}.digest`)
    const digest = createHash('sha256')
      .update(JSON.stringify([ZIG_VERSION, args]))
      .update(readFileSync(source))
      .digest('hex')
    const known = existsSync(digestPath) ? readFileSync(digestPath, 'utf8') : undefined
    if (known === digest && existsSync(join(ZIG_OUTPUT, `${command}.wasm`))) {
      log(`${command} is up to date`)
      continue
    }
    zig ??= findZig()
    log(`zig builds ${command}`)
    mkdirSync(ZIG_CACHE, { recursive: true })
    const built = join(ZIG_CACHE, `${command}.wasm`)
    // Not arguments: `zig cc` takes those of a C compiler.
    const env = { ...zig.env, ZIG_LOCAL_CACHE_DIR: ZIG_CACHE, ZIG_GLOBAL_CACHE_DIR: ZIG_CACHE }
    const { status, error } = run(zig.program, [...zig.args, ...args, source, ...emit(built)], { env })
    if (error) throw error
    if (status !== 0) throw new BuildError('zig failed, see above')
    install(ZIG_OUTPUT, command, readFileSync(built))
    writeFileSync(digestPath, digest)
  }
}

function findZig() {
  const isPinned = zig => outputOf(zig.program, [...zig.args, 'version'], { env: zig.env }) === ZIG_VERSION
  const onPath = { program: 'zig', args: [], env: process.env }
  if (isPinned(onPath)) return onPath

  const python = ['python3', 'python'].find(program =>
    outputOf(program, ['--version'])?.startsWith('Python 3'),
  )
  if (python === undefined) {
    throw new BuildError(
      `neither Zig ${ZIG_VERSION} nor Python 3, which could install it, was found. ` +
        `Install Zig ${ZIG_VERSION} from https://ziglang.org/download, or leave what it builds out with --no-zig`,
    )
  }
  const asModule = { program: python, args: ['-m', 'ziglang'], env: process.env }
  if (isPinned(asModule)) return asModule

  const searchPath = [ZIG_PACKAGE, process.env.PYTHONPATH].filter(Boolean).join(delimiter)
  const inTarget = { ...asModule, env: { ...process.env, PYTHONPATH: searchPath } }
  if (isPinned(inTarget)) return inTarget

  log(`installing Zig ${ZIG_VERSION} into ${relative(PROJECT, ZIG_PACKAGE)}`)
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--upgrade',
    '--target',
    ZIG_PACKAGE,
  ]
  run(python, [...pip, `ziglang==${ZIG_VERSION}`])
  if (isPinned(inTarget)) return inTarget
  throw new BuildError(
    `Zig ${ZIG_VERSION} could not be installed with ${python}'s pip, see above. ` +
      `Install it from https://ziglang.org/download, or leave what it builds out with --no-zig`,
  )
}

try {
  const { rust, zig } = readCommandLine()
  for (const group of rust) buildRust(group)
  if (zig.length > 0) buildZig(zig)
} catch (error) {
  if (!(error instanceof BuildError) && !(error instanceof UsageError)) throw error
  log(error.message)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
