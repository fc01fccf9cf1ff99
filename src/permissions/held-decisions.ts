import type { Anchors } from '../capabilities.js'
import type { Capabilities } from '../manifest.js'
import type { Decided } from './decided.js'
import type { Subject } from './subject.js'

interface Held {
  readonly granted: Capabilities
  readonly until: number
  readonly revision: number
  readonly anchors: Anchors
}

/**
 * Decisions that hold until something changes, so that executions do not ask the store each time. They belong to one version
 * of a plugin as it was loaded, and with it to all that a strategy may decide by: its code, its file, and what it declares.
 */
export class HeldDecisions {
  /** By subject, then by what is executed of it. */
  readonly #held = new WeakMap<Subject, Map<string, Held>>()

  /** What was granted, if that still holds; `revision` is the store's. */
  get(
    subject: Subject,
    command: string,
    revision: number | undefined,
    { workingDirectory, home }: Anchors,
  ): Capabilities | undefined {
    const held = this.#held.get(subject)?.get(command)
    if (held === undefined) return undefined
    const holds =
      Date.now() < held.until &&
      held.revision === revision &&
      // Relative paths lead elsewhere from another directory, and may meet the deny list there.
      held.anchors.workingDirectory === workingDirectory &&
      held.anchors.home === home
    if (holds) return held.granted
    this.#held.get(subject)?.delete(command)
    return undefined
  }

  /** Holds what was decided, unless nobody could say when it has been revoked. */
  set(subject: Subject, command: string, { granted, until, revision }: Decided, anchors: Anchors): void {
    if (revision === undefined) return
    let decisions = this.#held.get(subject)
    if (decisions === undefined) {
      decisions = new Map()
      this.#held.set(subject, decisions)
    }
    decisions.set(command, { granted, until, revision, anchors })
  }

  /** Forgets what was decided about a version of a plugin. */
  forget(subject: Subject): void {
    this.#held.delete(subject)
  }
}
