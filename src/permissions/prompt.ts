import type { Capabilities } from '../manifest.js'
import type { GrantDuration } from './grant.js'
import type { GrantPlace } from './place.js'
import type { PermissionRequest } from './request.js'

/** What somebody is asked. Texts of the plugin are as it gave them: make them inert before showing them. */
export interface PermissionQuestion {
  /** Who asks, and for what. */
  readonly request: PermissionRequest
  /** What is to be decided: all that is requested, or what is new. */
  readonly capabilities: Capabilities
  /** What the plugin has already, or gets anyway, if there is one. */
  readonly granted: Capabilities
  /** The code that was granted something before, where this code asks for more. */
  readonly previousDigest?: string
  /** Where the plugin was granted something before, which holds there and not here: relative paths lead elsewhere. */
  readonly elsewhere?: GrantPlace
  /** How long an answer can hold. */
  readonly durations: readonly ('once' | 'session' | 'always')[]
  /** Where relative paths and `~/` lead. An answer about such paths that is remembered holds there. */
  readonly workingDirectory: string
  /** Where `~/` leads. */
  readonly home: string
}

/** What the answer is. */
export type PermissionAnswer =
  | {
      readonly type: 'grant'
      /** A duration that was not offered counts as `once`. A date is offered with `always`. */
      readonly duration: GrantDuration
      /** A part of what was asked. Default: all of it. Anything else is ignored. */
      readonly capabilities?: Capabilities
    }
  | {
      readonly type: 'deny'
      /** For `details.reason`. Default: `refused`. */
      readonly reason?: string
      /** What the error says. */
      readonly message?: string
    }

/**
 * Who is asked. One question at a time: others wait until it is answered. One that fails, or gives no answer, has the
 * execution refused.
 */
export interface PermissionPrompt {
  /**
   * Asks one question.
   *
   * @param signal - Aborted when nobody waits for the answer any more: the question is to be withdrawn.
   */
  ask(question: PermissionQuestion, signal: AbortSignal): Promise<PermissionAnswer>
}
