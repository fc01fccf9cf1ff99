import { realpathSync } from 'node:fs'
import { type Anchors, startsFrom } from '../capabilities.js'
import type { Capabilities } from '../manifest.js'

/**
 * Where a decision about relative paths was made, and holds: what a person approved is what they were shown. Absolute,
 * without links.
 */
export interface GrantPlace {
  /** The working directory. Absent where no path that was decided about starts there. */
  readonly workingDirectory?: string
  /** The home directory. Absent where no path that was decided about starts with `~/`. */
  readonly home?: string
}

/** @internal Where a decision about these capabilities holds that is made now. */
export function placeOf(capabilities: Capabilities, anchors: Anchors): GrantPlace {
  const starts = startsFrom(capabilities)
  return {
    ...(starts.workingDirectory ? { workingDirectory: realDirectory(anchors.workingDirectory) } : {}),
    ...(starts.home ? { home: realDirectory(anchors.home) } : {}),
  }
}

/** @internal Whether both are the same place. */
export function samePlace(a: GrantPlace, b: GrantPlace): boolean {
  return a.workingDirectory === b.workingDirectory && a.home === b.home
}

/** @internal Whether there is nowhere where both hold. */
export function arePlacesApart(a: GrantPlace, b: GrantPlace): boolean {
  const differ = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && one !== other
  return differ(a.workingDirectory, b.workingDirectory) || differ(a.home, b.home)
}

/** One that is not there has no links in it. */
function realDirectory(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}
