// Builds the addons that can be built on this system, packs them, and runs what can be run: `npm run package:all`, which
// takes minutes a platform, or `npm run package:all -- TARGET...` for some of them. Ends with a table. Those for arm64 Linux are run by QEMU (Debian: qemu-user-static and
// libc6-arm64-cross, libstdc++6-arm64-cross) where it is installed.

import { existsSync, statSync } from 'node:fs'
import { nodeBinary, nodeVersions } from './node-versions.mjs'
import { platforms, source } from './platforms.mjs'
import { smoke } from './smoke.mjs'
import { ask, at, main, run, Stop } from './steps.mjs'

const SYSROOT = '/usr/aarch64-linux-gnu'
// Address space that QEMU gives: of unlimited room the pool of instances takes more than QEMU can keep tables of.
const ADDRESS_SPACE = '0x800000000'
const output = at('target', 'packages')

await main(() => {
  const wanted = process.argv.slice(2)
  const here = platforms.filter(({ os, target }) =>
    wanted.length === 0 ? os === process.platform : wanted.includes(target),
  )
  for (const { target } of here) run('node', ['scripts/build-release.mjs', target])
  run('node', ['scripts/package.mjs', '--addons', at('target', 'addons'), '--output', output])

  const rows = platforms.map(platform => [platform.name, rowOf(platform, here.includes(platform))])
  console.table(Object.fromEntries(rows))
  if (rows.some(([, { run: outcome }]) => outcome === 'failed')) throw new Stop('what is packed does not run')
})

function rowOf(platform, isBuilt) {
  if (!isBuilt) return { built: 'no', addon: '', packed: '', run: '' }
  const tarball = at('target', 'packages', `${platform.packageName}-${source.version}.tgz`)
  return {
    built: 'yes',
    addon: mib(at('target', 'addons', platform.addon)),
    packed: mib(tarball),
    run: tryOn(nodeFor(platform)),
  }
}

function tryOn(node) {
  if (node === undefined) return 'no such Node here'
  try {
    smoke(output, [node])
    return `by ${ask(node[0], [...node.slice(1), '--version'])}`
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    console.error(error.message)
    return 'failed'
  }
}

/** The command of a Node for a platform, if one can be run here. */
function nodeFor({ os, cpu, libc }) {
  const { header } = process.report.getReport()
  const own = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  const isOwnLibc = os !== 'linux' || libc === own
  if (os === process.platform && cpu === process.arch && isOwnLibc) return [process.execPath]
  const qemu = ['qemu-aarch64-static', 'qemu-aarch64'].find(name => ask(name, ['--version']) !== undefined)
  if (os !== 'linux' || cpu !== 'arm64' || libc !== 'glibc' || qemu === undefined || !existsSync(SYSROOT))
    return undefined
  return [qemu, '-R', ADDRESS_SPACE, '-L', SYSROOT, nodeBinary(nodeVersions.at(-2), 'linux', 'arm64')]
}

function mib(file) {
  return `${(statSync(file).size / 2 ** 20).toFixed(2)} MiB`
}
