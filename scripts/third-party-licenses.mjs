// The licences of all that is linked into an addon: their texts have to go wherever the binary goes.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { linkedCrates } from './linked-crates.mjs'
import { ask, Stop } from './steps.mjs'

const isLicence = name => /^(licen[cs]e|copying|notice|unlicense|copyright)/i.test(name)

/** Each crate that is linked for this target, with its licence, then each text once, with the crates it is of. */
export function thirdPartyLicenses(target) {
  const crates = linkedCrates(target)
  const texts = new Map()
  for (const { name, version, manifest_path: manifest, license } of crates) {
    const folder = dirname(manifest)
    const files = readdirSync(folder, { withFileTypes: true }).filter(
      entry => entry.isFile() && isLicence(entry.name),
    )
    if (files.length === 0 && !license) throw new Stop(`${name} ${version} has no licence`)
    for (const file of files) {
      const text = readFileSync(join(folder, file.name), 'utf8').replaceAll('\r\n', '\n').trim()
      texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`])
    }
  }
  const list = crates.map(({ name, version, license }) => `${name} ${version}: ${license ?? 'see below'}`)
  const rule = '='.repeat(80)
  return [
    "This addon contains the following software, each under its own licence, and Rust's standard library, of which\nRUST-COPYRIGHT.html tells.",
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
