import type { JsonValue } from '../audit/event.js'
import type { Capabilities } from '../manifest.js'

/** What was decided, and how long that holds. */
export interface Decided {
  readonly granted: Capabilities
  /** Milliseconds since 1970. */
  readonly until: number
  /** What the store's revision was before it was asked. Absent: nobody can say when this has been revoked. */
  readonly revision?: number | undefined
  /** Who decided, for the audit. Absent for what was granted, and recorded, before. */
  readonly by?: 'flag' | 'strategy' | 'prompt' | 'update'
  readonly details?: { readonly [key: string]: JsonValue }
}

/** For decisions that are made anew each time. */
export const NEVER = 0

/** When a grant ends: milliseconds since 1970, or infinity. */
export function dateOf(expiresAt: string | undefined): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt)
}
