// The licences of software that is not this project's, and goes wherever the package goes: of the crates that are linked
// into an addon, and of the packages that are bundled into the command line. Their texts have to go along.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { linkedCrates } from './linked-crates.mjs'
import { ask, at, Stop } from './steps.mjs'

const isLicence = name => /^(licen[cs]e|copying|notice|unlicense|copyright)/i.test(name)

/** Where the text is for those that bring none of their own: what their project has in another place. */
const elsewhere = [
  { crates: /^napi(-sys)?$/, license: 'MIT', folder: () => at('node_modules', '@napi-rs', 'cli') },
  {
    crates: /^(cranelift|pulley|wasmtime)-/,
    license: 'Apache-2.0 WITH LLVM-exception',
    folder: crates => dirname(crates.find(({ name }) => name === 'wasmtime').manifest_path),
  },
  // Offered under several: this is the one that is taken, whose text is the same for everybody.
  { crates: /^objc2-/, license: 'Zlib OR Apache-2.0 OR MIT', folder: () => at(), files: ['LICENSE-APACHE'] },
]
/** Each crate that is linked for this target, with its licence, then each text once, with the crates it is of. */
export function thirdPartyLicenses(target) {
  const crates = linkedCrates(target)
  const sources = crates.map(({ name, version, license, manifest_path: manifest }) => {
    const folder = dirname(manifest)
    const files = licenceFiles(folder)
    if (files.length > 0) return { name, version, license, files }
    const other = elsewhere.find(entry => entry.crates.test(name) && entry.license === license)
    if (other === undefined) throw new Stop(`${name} ${version} has no text of its licence: ${license}`)
    const found = licenceFiles(other.folder(crates), other.files)
    if (found.length === 0) throw new Stop(`the text of the licence of ${name} is not where it was`)
    return { name, version, license, files: found }
  })
  return listOf(
    "This addon contains the following software, each under its own licence, and Rust's standard library, of which\n" +
      'RUST-COPYRIGHT.html tells.',
    sources,
  )
}

/** The same for packages from npm, by their folders. */
export function licensesOfPackages(folders) {
  const sources = [...folders].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const files = licenceFiles(folder)
    if (files.length === 0) throw new Stop(`${name} ${version} has no text of its licence: ${license}`)
    return { name, version, license, files }
  })
  return listOf(
    'The command line (sen.cjs) contains the following software, each under its own licence.',
    sources,
  )
}

function licenceFiles(folder, only) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile() && isLicence(entry.name))
    .filter(({ name }) => only === undefined || only.includes(name))
    .map(({ name }) => join(folder, name))
}

function listOf(introduction, sources) {
  const texts = new Map()
  for (const { name, version, files } of sources) {
    for (const file of files) {
      const text = readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim()
      texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`])
    }
  }
  const list = sources.map(({ name, version, license }) => `${name} ${version}: ${license ?? 'see below'}`)
  const rule = '='.repeat(80)
  return [
    introduction,
    list.join('\n'),
    ...[...texts].map(([text, of]) => `${rule}\n${of.join(', ')}\n${rule}\n\n${text}`),
  ]
    .join('\n\n')
    .concat('\n')
}

/** The file with the licences of Rust's standard library and what is in it, which comes with the compiler. */
export function rustCopyright() {
  const sysroot = ask('rustc', ['--print', 'sysroot'])
  const file = sysroot && join(sysroot, 'share', 'doc', 'rust', 'COPYRIGHT-library.html')
  if (!file || !existsSync(file))
    throw new Stop('COPYRIGHT-library.html, which comes with the Rust that rustup installs, was not found')
  return file
}
