// What the scripts share: running commands so that a reader can repeat them, and the checks of what has to be
// installed first. Built-in modules only: this runs before `npm ci`.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** A reason to stop that needs no stack: what went wrong and what to do about it. */
export class Stop extends Error {}

/** A path below the project's root. */
export const at = (...parts) => join(root, ...parts)

/**
 * napi-derive writes the types of the addon's exports here while it compiles. The addon's build script depends on
 * this variable, so every cargo command for this machine's own target sets it: otherwise each would undo the other's build.
 */
export const cargoEnv = { NAPI_TYPE_DEF_TMP_FOLDER: at('target', 'napi-rs', 'types') }

/**
 * Prints a command as one would type it, then runs it in the project's root with this process's own terminal.
 * Throws `Stop` unless the exit code is 0, or one that `accept` allows.
 */
export function run(command, args, { env = {}, accept = code => code === 0 } = {}) {
  const words = [...(command in packages ? ['npx'] : []), command, ...args]
  console.log(`$ ${words.map(quote).join(' ')}`)
  const [file, first] = resolveCommand(command)
  const { status, signal, error } = spawnSync(file, [...first, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  if (error) throw new Stop(`cannot run ${command}: ${error.message}`)
  if (status === null || !accept(status))
    throw new Stop(`${command} ended with ${signal ?? `exit code ${status}`}`)
  return status
}

/** What a command prints on stdout, or undefined where it cannot be run or fails. */
export function ask(command, args, { stderr = 'ignore' } = {}) {
  const { status, stdout } = tell(command, args, { stderr })
  return status === 0 ? stdout.trim() : undefined
}

/** How a command ends (`status` is null where it cannot be run), and what it prints on stdout. */
export function tell(command, args, { stderr = 'ignore' } = {}) {
  const [file, first] = resolveCommand(command)
  return spawnSync(file, [...first, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', stderr],
  })
}

/** Runs the body of a script: a `Stop` becomes one line on stderr and exit code 1. */
export async function main(body) {
  try {
    await body()
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    console.error(`\n${error.message}`)
    process.exitCode = 1
  }
}

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
  if (!fits) throw new Stop(`Node ^20.19.0 or >=22.12.0 is needed. This is Node ${process.versions.node}.`)
}

/** Makes sure that cargo, the toolchain, the wasm targets and a linker are there; adds what rustup can add. */
export function requireRust({ components = [] } = {}) {
  // The first use of the toolchain in rust-toolchain.toml installs it, which rustup reports on stderr.
  if (ask('cargo', ['--version'], { stderr: 'inherit' }) === undefined) {
    throw new Stop(
      'cargo is needed to build the addon and was not found. Install Rust from https://rustup.rs',
    )
  }
  if (process.platform !== 'win32' && ask('cc', ['--version']) === undefined) {
    throw new Stop(
      process.platform === 'darwin'
        ? 'A C compiler is needed to link the addon: run xcode-select --install'
        : 'A C compiler is needed to link the addon: install gcc or clang (Debian: apt-get install build-essential)',
    )
  }
  const targets = ['wasm32-unknown-unknown', 'wasm32-wasip1']
  if (ask('rustup', ['--version']) === undefined) {
    for (const target of targets) {
      const libraries = ask('rustc', ['--print', 'target-libdir', '--target', target])
      if (libraries === undefined || !existsSync(libraries)) {
        throw new Stop(`Rust's target ${target} is needed to build the example plugins. rustup can add it.`)
      }
    }
    return
  }
  // A toolchain that was there before gets what it lacks.
  const missing = (kind, name) => !ask('rustup', [kind, 'list', '--installed'])?.split('\n').some(is(name))
  for (const target of targets) if (missing('target', target)) run('rustup', ['target', 'add', target])
  for (const name of components) if (missing('component', name)) run('rustup', ['component', 'add', name])
}

const is = name => line => line === name || line.startsWith(`${name}-`)

/** Runs `npm ci` where node_modules is missing or older than the lock. */
export function install() {
  const installed = at('node_modules', '.package-lock.json')
  const current =
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(at('package-lock.json')).mtimeMs
  if (current) console.log('node_modules is up to date')
  else run('npm', ['ci'])
}

/** The command's file, and the arguments that come first: tools of node_modules run without a shell, npm without its wrapper. */
function resolveCommand(command) {
  if (command === 'node') return [process.execPath, []]
  if (command === 'npm' && process.env.npm_execpath) return [process.execPath, [process.env.npm_execpath]]
  const file = packages[command] && binary(packages[command], command)
  return file ? [process.execPath, [file]] : [command, []]
}

const packages = {
  attw: '@arethetypeswrong/cli',
  biome: '@biomejs/biome',
  publint: 'publint',
  tsc: 'typescript',
  vitest: 'vitest',
}

function binary(name, command) {
  const folder = at('node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command])
}

function quote(word) {
  const short = word.startsWith(root) ? `.${word.slice(root.length)}` : word
  return /^[\w@%+=:,./-]+$/.test(short) ? short : `'${short.replaceAll("'", "'\\''")}'`
}
