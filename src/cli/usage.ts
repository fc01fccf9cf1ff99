import type { Usage } from '../index.js'
import { counted, formatCount, formatMs, formatSize } from './units.js'

/** A receipt on one line. */
export function receipt({ fuelConsumed, durationMs, peakMemoryBytes, effects }: Usage): string {
  const parts = [
    `${formatCount(fuelConsumed)} fuel`,
    formatMs(durationMs),
    `${formatSize(peakMemoryBytes)} memory`,
  ]
  if (effects > 0) parts.push(counted(effects, 'effect'))
  return parts.join(', ')
}
