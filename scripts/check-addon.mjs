// What an addon asks of the system that loads it: no other libraries than every one has, and on Linux no newer glibc than
// is promised. Files for Linux are read with readelf, which knows those of every processor.

import { readFileSync } from 'node:fs'
import { ask, Stop } from './steps.mjs'

/** The oldest glibc on which the addon is to load: that of Debian 10 and RHEL 8. */
export const GLIBC = '2.28'

const libraries = {
  glibc: /^(lib(c|m|dl|pthread|rt|util)\.so\.\d|libgcc_s\.so\.1|ld-linux-[\w-]+\.so\.\d)$/,
  // Node for musl has the first of these, and so has whoever runs it.
  musl: /^(libgcc_s\.so\.1|libc\.so|libc\.musl-[\w-]+\.so\.1)$/,
}

/**
 * Microsoft's libraries for C and C++, which Windows does not come with: names of libraries stand in a file as they are.
 * Whoever has Visual Studio has them, and would not notice.
 */
const redistributable = /\b(vcruntime\d+\w*|msvcp\d+\w*|api-ms-win-crt-[\w-]+|ucrtbase)\.dll/i

/** Throws `Stop` where an addon asks for more than it may. Those for macOS are not looked at. */
export function checkAddon({ os, libc, addon }, file) {
  if (os === 'win32') {
    const [library] = readFileSync(file, 'latin1').match(redistributable) ?? []
    if (library !== undefined) throw new Stop(`${addon} needs ${library}, which not every Windows has`)
  }
  if (os !== 'linux') return
  const dynamic = read(['--dynamic', '--wide', file])
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name)
  const foreign = needed.filter(name => !libraries[libc].test(name))
  if (foreign.length > 0) throw new Stop(`${addon} needs ${foreign.join(', ')}, which not every system has`)

  const versions = [...read(['--version-info', '--wide', file]).matchAll(/Name: GLIBC_(\d+\.\d+)/g)]
  const newest = versions
    .map(([, version]) => version)
    .sort(byVersion)
    .at(-1)
  if (libc === 'musl' && newest !== undefined)
    throw new Stop(`${addon} is for musl, and needs glibc ${newest}`)
  if (newest !== undefined && byVersion(newest, GLIBC) > 0)
    throw new Stop(`${addon} needs glibc ${newest}, and may need ${GLIBC}`)
  console.log(`${addon} needs ${needed.join(', ')}${newest === undefined ? '' : `, and glibc ${newest}`}`)
}

function byVersion(a, b) {
  return a.localeCompare(b, 'en', { numeric: true })
}

function read(args) {
  const output = ask('readelf', args)
  if (output === undefined)
    throw new Stop('readelf (Debian: binutils) is needed to look at what the addon asks for')
  return output
}
