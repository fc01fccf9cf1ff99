import type { CacheEntry } from '../native.js'
import { counted, formatSize } from './units.js'

/** How much a cache keeps: in bytes, and in words such as `3 artefacts, 1.2 MiB`. */
export function amountOf(entries: readonly CacheEntry[]): { bytes: number; amount: string } {
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  return { bytes, amount: `${counted(entries.length, 'artefact')}, ${formatSize(bytes)}` }
}
