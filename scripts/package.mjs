// Makes the tarballs that are published: `npm run package`. Each is packed from a folder of its own, laid as it is to be.
//
//   node scripts/package.mjs                          the root's package, and this machine's with the addon of dist/
//   node scripts/package.mjs --addons DIR             the root's, and one for each addon in DIR
//   node scripts/package.mjs --addons DIR --complete  the same, and fails unless there is one for every platform
//   node scripts/package.mjs --output DIR             where they go. Default: target/packages
//
// Prints what each holds and weighs, and writes SHA256SUMS beside them. Fails where a package is larger than it may be.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { writeChecksums } from './checksums.mjs'
import { platformManifest, platforms, rootManifest, source } from './platforms.mjs'
import { repositoryUrl } from './repository.mjs'
import { ask, at, main, Stop } from './steps.mjs'
import { strip } from './strip.mjs'
import { rustCopyright, thirdPartyLicenses } from './third-party-licenses.mjs'

const MB = 1_000_000
/** What a user downloads, at most: the root's package, and one platform's. */
const LIMITS = { root: MB, platform: 5 * MB }

await main(() => {
  const { values } = parseArgs({
    options: { addons: { type: 'string' }, complete: { type: 'boolean' }, output: { type: 'string' } },
  })
  const addons = resolve(values.addons ?? at('dist'))
  const output = resolve(values.output ?? at('target', 'packages'))
  const built = platforms.filter(({ addon }) => readdirSync(addons).includes(addon))
  if (built.length === 0) throw new Stop(`no addon is in ${addons}: npm run build:addon`)
  const missing = platforms.filter(platform => !built.includes(platform))
  if (values.complete && missing.length > 0)
    throw new Stop(`no addon is in ${addons} for ${missing.map(({ name }) => name).join(', ')}`)

  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  const stage = mkdtempSync(join(tmpdir(), `${source.name}-`))
  try {
    const packed = [
      pack(layRoot(join(stage, 'root')), output, LIMITS.root),
      ...built.map(platform =>
        pack(layPlatform(join(stage, platform.name), platform, addons), output, LIMITS.platform),
      ),
    ]
    writeChecksums(output)
    console.table(Object.fromEntries(packed.map(({ name, ...row }) => [name, row])))
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
})

function layRoot(folder) {
  // An addon that was built here is not for everybody.
  cpSync(at('dist'), join(folder, 'dist'), { recursive: true, filter: file => !file.endsWith('.node') })
  for (const name of ['completions', 'schemas']) cpSync(at(name), join(folder, name), { recursive: true })
  layTexts(folder, ['README.md', 'CHANGELOG.md'])
  layManifest(folder, rootManifest())
  return folder
}

function layPlatform(folder, platform, addons) {
  mkdirSync(folder)
  copyFileSync(at('npm', platform.name, 'README.md'), join(folder, 'README.md'))
  layTexts(folder)
  layManifest(folder, platformManifest(platform), `npm/${platform.name}`)
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(platform.target))
  copyFileSync(rustCopyright(), join(folder, 'RUST-COPYRIGHT.html'))
  strip(join(addons, platform.addon), join(folder, platform.addon))
  return folder
}

function layTexts(folder, more = []) {
  for (const file of ['LICENSE-APACHE', 'LICENSE-MIT', ...more]) copyFileSync(at(file), join(folder, file))
}

function layManifest(folder, manifest, directory) {
  const url = repositoryUrl()
  const repository = { type: 'git', url, ...(directory === undefined ? {} : { directory }) }
  const whole = url === undefined ? manifest : { ...manifest, repository }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`)
}

function pack(folder, output, limit) {
  const answer = ask('npm', ['pack', folder, '--ignore-scripts', '--json', '--pack-destination', output])
  if (answer === undefined) throw new Stop(`npm pack failed for ${basename(folder)}`)
  const [{ name, filename, files, unpackedSize }] = JSON.parse(answer)
  const size = compressWell(join(output, filename))
  if (size > limit)
    throw new Stop(`${name} has ${inMb(size)} packed, and may have ${inMb(limit)}: leave out what is unused`)
  return {
    name,
    tarball: filename,
    files: files.length,
    packed: inMb(size),
    unpacked: inMb(unpackedSize),
  }
}

/** Compresses a tarball with gzip, where there is one, which saves 2 % over what npm does; its size then. */
function compressWell(file) {
  const input = gunzipSync(readFileSync(file))
  const { status, stdout } = spawnSync('gzip', ['-9', '--no-name'], { input, maxBuffer: input.length + MB })
  if (status === 0 && stdout.length < statSync(file).size) writeFileSync(file, stdout)
  return statSync(file).size
}

function inMb(bytes) {
  return `${(bytes / MB).toFixed(2)} MB`
}
