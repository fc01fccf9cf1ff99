import type { PermissionGrant, PermissionGrantKey } from './grant.js'

/**
 * Where grants are written down. An interface for a program's own stores, too. What a store gives is checked;
 * one that fails, or gives anything but grants, has the execution refused.
 *
 * A store that answers at once, rather than with a promise, serves `executeSync` as well.
 */
export interface PermissionStore {
  /** Whether nothing can be written, so that nobody is offered to be remembered. Default: false. */
  readonly readOnly?: boolean
  /**
   * Another number whenever grants were changed through this object: decisions that were taken from it
   * are taken anew then. Without it no decision is held, and every execution asks the store.
   */
  readonly revision?: number | undefined
  /** All grants for a command, whatever its code; expired ones may be among them. */
  find(command: string): readonly PermissionGrant[] | Promise<readonly PermissionGrant[]>
  /** All grants. */
  list(): readonly PermissionGrant[] | Promise<readonly PermissionGrant[]>
  /** Adds a grant, in the place of those with the same key, or of the same command and file. */
  put(grant: PermissionGrant): void | Promise<void>
  /** Revokes a grant; returns whether there was one. */
  remove(key: PermissionGrantKey): boolean | Promise<boolean>
  /** Revokes everything; returns how many grants there were. */
  clear(): number | Promise<number>
}
