import type { Anchors } from '../capabilities.js'
import type { Capabilities } from '../manifest.js'
import type { PermissionRequest } from './request.js'

interface Held {
  readonly granted: Capabilities
  readonly until: number
  readonly revision: number | undefined
  readonly anchors: Anchors
}

/** Decisions that hold until something changes, so that executions do not ask the store each time. */
export class HeldDecisions {
  readonly #held = new Map<string, Held>()

  /** What was granted, if that still holds; `revision` is the store's. */
  get(
    request: PermissionRequest,
    revision: number | undefined,
    { workingDirectory, home }: Anchors,
  ): Capabilities | undefined {
    const key = keyOf(request)
    const held = this.#held.get(key)
    if (held === undefined) return undefined
    const holds =
      Date.now() < held.until &&
      held.revision === revision &&
      // Relative paths lead elsewhere from another directory, and may meet the deny list there.
      held.anchors.workingDirectory === workingDirectory &&
      held.anchors.home === home
    if (holds) return held.granted
    this.#held.delete(key)
    return undefined
  }

  /** @param until - Milliseconds since 1970. */
  set(
    request: PermissionRequest,
    granted: Capabilities,
    until: number,
    revision: number | undefined,
    anchors: Anchors,
  ): void {
    this.#held.set(keyOf(request), { granted, until, revision, anchors })
  }

  /** Forgets what was decided about some code. */
  forget(digest: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(digest)) this.#held.delete(key)
  }
}

/** What a decision is found by: whatever a strategy may decide by. */
export function keyOf({ command, digest, capabilitiesHash, path = '' }: PermissionRequest): string {
  return `${digest} ${capabilitiesHash} ${command} ${path}`
}
