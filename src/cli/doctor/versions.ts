import { EXIT_CODES } from '../../exit-codes.js'
import { isPluginHostError } from '../../index.js'
import { addonSource, libc } from '../../native.js'
import { packageData } from '../package-data.js'
import { displayPath } from '../paths.js'
import { type Check, problem } from './check.js'

/** What runs: the package, Node, the system, and the addon that was built for it. */
export function versionChecks(): Check[] {
  const { name, version, engines } = packageData()
  return [
    { name: 'package', state: 'ok', message: `${name} ${version}`, details: { version } },
    nodeCheck(process.versions.node, engines.node),
    platformCheck(),
    addonCheck(),
  ]
}

/** Whether a version of Node is in a range such as `^20.19.0 || >=22.12.0`. */
export function nodeCheck(version: string, supported: string): Check {
  const check = { name: 'node', details: { version, supported } }
  if (supported.split('||').some(range => isIn(range.trim(), version)))
    return { ...check, state: 'ok', message: `Node ${version}` }
  return {
    ...check,
    state: 'problem',
    message: `Node ${version} is not supported`,
    remedy: `install a version of Node in ${supported}`,
    exitCode: EXIT_CODES.ERR_UNSUPPORTED_PLATFORM,
  }
}

function isIn(range: string, version: string): boolean {
  const [, operator, lowest = ''] = /^(\^|>=)(\d+\.\d+\.\d+)$/.exec(range) ?? []
  const [major = 0, minor = 0, patch = 0] = numbers(version)
  const [leastMajor = 0, leastMinor = 0, leastPatch = 0] = numbers(lowest)
  if (operator === undefined) return false
  if (major !== leastMajor) return operator === '>=' && major > leastMajor
  return minor > leastMinor || (minor === leastMinor && patch >= leastPatch)
}

function numbers(version: string): number[] {
  return version.split('.').map(part => Number.parseInt(part, 10))
}

function platformCheck(): Check {
  const { platform, arch } = process
  if (platform !== 'linux')
    return { name: 'platform', state: 'ok', message: `${platform} ${arch}`, details: { platform, arch } }
  const library = libc()
  const message = `${platform} ${arch}, ${library === 'gnu' ? 'glibc' : library}`
  return { name: 'platform', state: 'ok', message, details: { platform, arch, libc: library } }
}

/** Which addon there is, or why there is none: everything else works without, and this says so. */
function addonCheck(): Check {
  const name = 'addon'
  try {
    const source = addonSource()
    return { name, state: 'ok', message: displayPath(source), details: { source } }
  } catch (error) {
    if (!isPluginHostError(error, 'ERR_UNSUPPORTED_PLATFORM')) throw error
    const { code, details, cause } = error
    const target = Object.values(details).join('-')
    const { code: reason, message } = cause as NodeJS.ErrnoException
    const verdict =
      reason === 'MODULE_NOT_FOUND'
        ? problem(
            error,
            `the addon for ${target} is not installed`,
            'install without --omit=optional, on the machine that runs it; in a clone, run npm run build',
          )
        : problem(
            error,
            `the addon for ${target} could not be loaded: ${message}`,
            'install again on the machine that runs it: an addon is for one system, processor and C library',
          )
    return { name, ...verdict, details: { code, ...details } }
  }
}
