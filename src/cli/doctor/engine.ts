import { availableParallelism, release } from 'node:os'
import { EXIT_CODES } from '../../exit-codes.js'
import { native, type ProcessStats } from '../../native.js'
import { counted } from '../units.js'
import type { Check } from './check.js'

/** How guests will run here. Needs the addon. */
export function engineChecks(): Check[] {
  return [
    memoryCheck(native().processStats()?.allocation),
    ...(process.platform === 'linux' ? [kernelCheck(release())] : []),
    coresCheck(availableParallelism()),
  ]
}

/** How guest memory is reserved; nothing where guests cannot run at all. */
export function memoryCheck(allocation: ProcessStats['allocation'] | undefined): Check {
  const check = { name: 'memory', details: { allocation } }
  if (allocation === 'pooling')
    return { ...check, state: 'ok', message: 'pooling: instances take guest memory that is reserved once' }
  if (allocation === undefined) {
    return {
      ...check,
      state: 'problem',
      message: 'guests cannot run: the engine could not be made',
      remedy: 'allow the process more memory and address space (ulimit -v), or run it on another machine',
      exitCode: EXIT_CODES.ERR_UNSUPPORTED_PLATFORM,
    }
  }
  return {
    ...check,
    state: 'warning',
    message: 'on-demand: address space is limited (ulimit -v or the container), and instances cost more',
    remedy: 'raise the limit to about 40 TB, which are reserved rather than used, or live with it',
  }
}

/** Whether Linux can say which pages of a guest's memory were written: `PAGEMAP_SCAN`, since 6.7. */
export function kernelCheck(release: string): Check {
  const [major = 0, minor = 0] = release.split('.').map(part => Number.parseInt(part, 10))
  const pagemapScan = major > 6 || (major === 6 && minor >= 7)
  const message = pagemapScan
    ? `Linux ${release}, which has PAGEMAP_SCAN`
    : `Linux ${release}: wiping guest memory takes longer than on 6.7 and later, which have PAGEMAP_SCAN`
  return { name: 'kernel', state: 'ok', message, details: { release, pagemapScan } }
}

export function coresCheck(cores: number): Check {
  const message =
    cores > 1 ? counted(cores, 'core') : '1 core: executions wait for each other, and no instances stand by'
  return { name: 'cores', state: 'ok', message, details: { cores } }
}
