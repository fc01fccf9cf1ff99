import type { BigIntStats } from 'node:fs'

/** What tells cheaply that a file has changed. Nobody can set the time of the last change (`ctime`). */
export interface Metadata {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

export function metadataOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Metadata {
  return { dev, ino, size, mtimeNs, ctimeNs }
}

export function same(a: Metadata | undefined, b: Metadata | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.ino === b.ino &&
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.size === b.size &&
    a.dev === b.dev
  )
}

/** The same for all names of one file, and for no other file at this time. */
export function fileKey({ dev, ino, size, mtimeNs, ctimeNs }: Metadata): string {
  // More than device and number: some file systems give all files one number.
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
}

/** Milliseconds since the file was last changed, by the clock on the wall; 0 for a time in the future. */
export function ageMs({ mtimeNs, ctimeNs }: Metadata, wallClockMs: number): number {
  const changed = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1000n) / 1000
  return Math.max(0, wallClockMs - changed)
}
