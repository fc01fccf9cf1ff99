import type { Capabilities } from '../manifest.js'
import type { PermissionGrant } from './grant.js'
import type { PermissionRequest } from './request.js'

/** What is remembered of a plugin that asks. */
export interface PriorGrant {
  /** What was decided then. */
  readonly grant: PermissionGrant
  /**
   * Whose decision it was: of this very code (`same`), of other code in the same file (`update`), or of
   * other code elsewhere that had the same command (`other`), which is no reason to trust this one.
   */
  readonly of: 'same' | 'update' | 'other'
  /** What was granted then and is requested now. */
  readonly kept: Capabilities
  /** What is requested now and was not decided about then. */
  readonly added: Capabilities
}

/** What a strategy decides by. */
export interface PermissionContext {
  /** Who asks, and for what. */
  readonly request: PermissionRequest
  /** Absent where nothing is remembered, or every execution is decided by itself. */
  readonly prior?: PriorGrant
  /** When. */
  readonly now: Date
}

/** What a strategy says. Never more is granted than was requested, nor anything that is on a deny list. */
export type PermissionDecision =
  | {
      readonly type: 'grant'
      readonly capabilities: Capabilities
      /** Whether an earlier decision is taken over for new code, which the user is told. */
      readonly isKept?: boolean
      /** Until when nothing is decided anew. Default: as long as the registry, and the grant that it is taken from. */
      readonly until?: Date
    }
  | {
      readonly type: 'ask'
      /** What somebody is asked about. */
      readonly capabilities: Capabilities
      /** What is granted whatever the answer, if there is one. */
      readonly granted: Capabilities
      /** Whether the answer may be remembered. Default: true. */
      readonly remember?: boolean
    }
  | { readonly type: 'deny'; readonly reason: string; readonly message: string }

/** Who gets what without asking, and who is asked about what. Decides; it stores nothing and asks nobody. */
export interface PermissionStrategy {
  /** Decides about one request. What it throws has the execution refused. */
  decide(context: PermissionContext): PermissionDecision | Promise<PermissionDecision>
}
