import type { Usage } from '../index.js'
import { counted, formatCount, formatSize } from './units.js'

/** A receipt on one line. */
export function receipt({ fuelConsumed, durationMs, peakMemoryBytes, effects }: Usage): string {
  const parts = [
    `${formatCount(fuelConsumed)} fuel`,
    `${durationMs.toFixed(durationMs < 10 ? 2 : 0)} ms`,
    `${formatSize(peakMemoryBytes)} memory`,
  ]
  if (effects > 0) parts.push(counted(effects, 'effect'))
  return parts.join(', ')
}
