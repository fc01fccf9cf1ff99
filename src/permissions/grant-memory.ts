import type { Anchors } from '../capabilities.js'
import { isCurrent, type PermissionGrant, readGrant, sameKey } from './grant.js'
import { MemoryPermissionStore } from './memory-store.js'
import { type GrantPlace, placeOf, samePlace } from './place.js'
import { priorOf } from './prior.js'
import type { PermissionRequest } from './request.js'
import type { PermissionStore } from './store.js'
import type { PriorGrant } from './strategy.js'

/** What is remembered that concerns a request. */
export interface Remembered {
  /** What holds where relative paths lead now. */
  readonly prior?: PriorGrant
  /** Where else the plugin was granted something, if it was nothing here. */
  readonly elsewhere?: GrantPlace
}

/** What was decided before: in a store, and by this registry for as long as it lives. */
export class GrantMemory {
  readonly #store: PermissionStore
  readonly #session = new MemoryPermissionStore()

  constructor(store: PermissionStore) {
    this.#store = store
  }

  /** What is remembered that concerns a request. Fails with what the store does, or gives. */
  about(request: PermissionRequest, anchors: Anchors): Remembered | Promise<Remembered> {
    const select = (found: readonly PermissionGrant[]) => {
      const now = new Date()
      const grants = [...this.#session.find(request.command), ...Array.from(found, grant => readGrant(grant))]
      return remembered(
        grants.filter(grant => grant.command === request.command && isCurrent(grant, now)),
        request,
        anchors,
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

function remembered(
  grants: readonly PermissionGrant[],
  request: PermissionRequest,
  anchors: Anchors,
): Remembered {
  const holds = (grant: PermissionGrant) => samePlace(grant, placeOf(grant.requested, anchors))
  const prior = priorOf(grants.filter(holds), request)
  if (prior !== undefined && prior.of !== 'other') return { prior }
  const apart = priorOf(
    grants.filter(grant => !holds(grant)),
    request,
  )
  const { workingDirectory, home } = apart?.of === 'other' ? {} : (apart?.grant ?? {})
  const elsewhere = {
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    ...(home === undefined ? {} : { home }),
  }
  return {
    ...(prior === undefined ? {} : { prior }),
    ...(workingDirectory === undefined && home === undefined ? {} : { elsewhere }),
  }
}
