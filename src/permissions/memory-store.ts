import { checkGrant, type PermissionGrant, type PermissionGrantKey, sameKey, withGrant } from './grant.js'
import type { PermissionStore } from './store.js'

/** Grants that end with the process. */
export class MemoryPermissionStore implements PermissionStore {
  #grants: readonly PermissionGrant[] = []
  #revision = 0

  get revision(): number {
    return this.#revision
  }

  find(command: string): readonly PermissionGrant[] {
    return this.#grants.filter(grant => grant.command === command)
  }

  list(): readonly PermissionGrant[] {
    return this.#grants
  }

  put(grant: PermissionGrant): void {
    this.#grants = withGrant(this.#grants, checkGrant(grant))
    this.#revision += 1
  }

  remove(key: PermissionGrantKey): boolean {
    const before = this.#grants.length
    this.#grants = this.#grants.filter(grant => !sameKey(grant, key))
    this.#revision += 1
    return this.#grants.length < before
  }

  clear(): number {
    const { length } = this.#grants
    this.#grants = []
    this.#revision += 1
    return length
  }
}
