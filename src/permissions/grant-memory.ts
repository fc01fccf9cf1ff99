import { isCurrent, type PermissionGrant, readGrant, sameKey } from './grant.js'
import { MemoryPermissionStore } from './memory-store.js'
import { priorOf } from './prior.js'
import type { PermissionRequest } from './request.js'
import type { PermissionStore } from './store.js'
import type { PriorGrant } from './strategy.js'

/** What was decided before: in a store, and by this registry for as long as it lives. */
export class GrantMemory {
  readonly #store: PermissionStore
  readonly #session = new MemoryPermissionStore()

  constructor(store: PermissionStore) {
    this.#store = store
  }

  /** What is remembered that concerns a request. Fails with what the store does, or gives. */
  prior(request: PermissionRequest): PriorGrant | undefined | Promise<PriorGrant | undefined> {
    const select = (found: readonly PermissionGrant[]) => {
      const now = new Date()
      const grants = [...this.#session.find(request.command), ...Array.from(found, grant => readGrant(grant))]
      return priorOf(
        grants.filter(grant => grant.command === request.command && isCurrent(grant, now)),
        request,
      )
    }
    const found = this.#store.find(request.command)
    return found instanceof Promise ? found.then(select) : select(found)
  }

  /** Whether a grant ends with the registry. */
  isOfSession(grant: PermissionGrant): boolean {
    return this.#session.list().some(other => sameKey(other, grant))
  }

  /** Remembers a grant as long as the registry lives. */
  putForSession(grant: PermissionGrant): void {
    this.#session.put(grant)
  }

  /** Writes a grant down; where that fails, it ends with the registry. Returns whether it was written. */
  async put(grant: PermissionGrant): Promise<boolean> {
    try {
      await this.#store.put(grant)
      this.#session.remove(grant)
      return true
    } catch {
      this.#session.put(grant)
      return false
    }
  }
}
