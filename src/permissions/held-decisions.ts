import type { Capabilities } from '../manifest.js'
import type { PermissionRequest } from './request.js'

interface Held {
  readonly granted: Capabilities
  readonly until: number
  readonly revision: number | undefined
  readonly workingDirectory: string
}

/** Decisions that hold until something changes, so that executions do not ask the store each time. */
export class HeldDecisions {
  readonly #held = new Map<string, Held>()
  readonly #workingDirectory: () => string

  /** @param workingDirectory - Where relative patterns start from now. */
  constructor(workingDirectory: () => string) {
    this.#workingDirectory = workingDirectory
  }

  /** What was granted, if that still holds; `revision` is the store's. */
  get(request: PermissionRequest, revision: number | undefined): Capabilities | undefined {
    const key = keyOf(request)
    const held = this.#held.get(key)
    if (held === undefined) return undefined
    const holds =
      Date.now() < held.until &&
      held.revision === revision &&
      // Relative paths lead elsewhere from another directory, and may meet the deny list there.
      held.workingDirectory === this.#workingDirectory()
    if (holds) return held.granted
    this.#held.delete(key)
    return undefined
  }

  /** @param until - Milliseconds since 1970. */
  set(request: PermissionRequest, granted: Capabilities, until: number, revision: number | undefined): void {
    const workingDirectory = this.#workingDirectory()
    this.#held.set(keyOf(request), { granted, until, revision, workingDirectory })
  }

  /** Forgets what was decided about some code. */
  forget(digest: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(digest)) this.#held.delete(key)
  }
}

/** What a decision is found by. */
export function keyOf({ command, digest, capabilitiesHash }: PermissionRequest): string {
  return `${digest} ${capabilitiesHash} ${command}`
}
