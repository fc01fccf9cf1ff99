// The versions of Node that the package is tried on, besides the one that everything else runs on: the first of each line
// that is supported, and the last of those that were current when this was written. npm's packages `node-<system>-<cpu>`
// bring their binaries; each is downloaded once, into target/node.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { at, run, Stop } from './steps.mjs'

export const nodeVersions = ['20.19.0', '22.12.0', '24.21.0', '26.10.0']

/** The path of Node in this version, for this machine or another one; it is downloaded if it is not there. */
export function nodeBinary(version, platform = process.platform, cpu = process.arch) {
  const name = `node-${platform === 'win32' ? 'win' : platform}-${cpu}`
  const folder = at('target', 'node', `${version}-${platform}-${cpu}`)
  const file = platform === 'win32' ? 'node.exe' : 'node'
  const binary = join(folder, 'node_modules', name, 'bin', file)
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    // Forced, since it may be one for another system.
    const quiet = ['--force', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock']
    run('npm', ['install', '--prefix', folder, ...quiet, `${name}@${version}`])
  }
  if (!existsSync(binary)) throw new Stop(`${name}@${version} brings no ${binary}`)
  return binary
}
