// Builds the addon: crates/node becomes dist/sen-plugin-host.<platform>.node, and its exports' types index.d.ts.
// Both are what `napi build --platform --release` makes, and @napi-rs/cli renders the types. But `napi build`
// compiles for an explicit target, which keeps a second copy of wasmtime beside the one of `cargo test`, and rebuilds the
// crate on its second run; here cargo has one folder, and builds again only what changed.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { generateTypeDef, parseTriple } from '@napi-rs/cli'
import { ask, at, cargoEnv, main, requireRust, run, Stop } from './steps.mjs'

const crate = 'sen-host-node'
const { napi } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
const written = cargoEnv.NAPI_TYPE_DEF_TMP_FOLDER
const built = at('target', 'napi-rs', 'built')

await main(async () => {
  requireRust()
  for (const folder of [written, built, at('dist')]) mkdirSync(folder, { recursive: true })

  let library = build()
  // Types are kept as of the compilation that made the library: a later one that did not get so far may have left others.
  if (olderThan(join(built, crate), library)) {
    if (!existsSync(join(written, crate))) {
      run('cargo', ['clean', '--release', '--package', crate])
      library = build()
    }
    copyFileSync(join(written, crate), join(built, crate))
  }
  const types = await generateTypeDef({
    typeDefDir: built,
    cwd: at(),
    constEnum: napi.constEnum,
    configDtsHeader: napi.dtsHeader,
  })
  write(at('index.d.ts'), types.dts)

  const addon = at('dist', `${napi.binaryName}.${platform()}.node`)
  if (olderThan(addon, library)) {
    // A new file takes the old one's place: writing into one that a process has loaded would crash it.
    copyFileSync(library, `${addon}.new`)
    renameSync(`${addon}.new`, addon)
  }
  console.log(`${addon.slice(at().length + 1)} is up to date`)
})

/** Runs cargo, with its progress on stderr as always, and returns the path of the library it names. */
function build() {
  const args = ['build', '--release', '--package', crate, '--message-format=json-render-diagnostics']
  console.log(`$ cargo ${args.slice(0, -1).join(' ')}`)
  const { status, stdout, error } = spawnSync('cargo', args, {
    cwd: at(),
    env: { ...process.env, ...cargoEnv },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (error) throw new Stop(`cannot run cargo: ${error.message}`)
  if (status !== 0) throw new Stop('the addon did not build')
  const messages = stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
  const artifact = messages.find(
    ({ reason, target }) => reason === 'compiler-artifact' && target.name === crate.replaceAll('-', '_'),
  )
  const library = artifact?.filenames.find(name => /\.(so|dylib|dll)$/.test(name))
  if (library === undefined) throw new Stop(`cargo built no library of ${crate}`)
  return library
}

/** This machine in the words of npm packages, as linux-x64-gnu. */
function platform() {
  const triple = process.env.CARGO_BUILD_TARGET ?? /^host: (.*)$/m.exec(ask('rustc', ['-vV']) ?? '')?.[1]
  if (triple === undefined) throw new Stop('rustc -vV names no host')
  return parseTriple(triple).platformArchABI
}

function olderThan(file, source) {
  return !existsSync(file) || statSync(file).mtimeMs < statSync(source).mtimeMs
}

function write(file, text) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}
