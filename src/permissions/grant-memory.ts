import type { Anchors } from '../capabilities.js'
import { InvalidValue } from '../invalid-value.js'
import { isThenable } from '../thenable.js'
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
  /** The store's revision before it was asked; undefined where it has none. */
  readonly revision?: number | undefined
}

/** What was decided before: in a store, and by this registry for as long as it lives. */
export class GrantMemory {
  readonly #store: PermissionStore
  readonly #session = new MemoryPermissionStore()
  /** Grants on their way to the store. */
  readonly #underway = new Set<PermissionGrant>()

  constructor(store: PermissionStore) {
    this.#store = store
  }

  /** The store's revision; undefined where it has none, or cannot say it. */
  get revision(): number | undefined {
    try {
      return this.#revision()
    } catch {
      return undefined
    }
  }

  /** What is remembered that concerns a request. Fails with what the store does, or gives. */
  about(request: PermissionRequest, anchors: Anchors): Remembered | Promise<Remembered> {
    // Before it is asked: a change that comes while it answers is one.
    const revision = this.#revision()
    const select = (found: unknown): Remembered => {
      if (!Array.isArray(found)) throw new InvalidValue([], 'must be an array of grants')
      const now = new Date()
      const grants = [
        ...this.#session.find(request.command),
        ...this.#underway,
        ...Array.from(found, grant => readGrant(grant)),
      ]
      const current = grants.filter(grant => grant.command === request.command && isCurrent(grant, now))
      return { ...remembered(current, request, anchors), revision }
    }
    const found: unknown = this.#store.find(request.command)
    return isThenable(found) ? Promise.resolve(found).then(select) : select(found)
  }

  /** Whether a grant ends with the registry. */
  isOfSession(grant: PermissionGrant): boolean {
    return this.#session.list().some(other => sameKey(other, grant))
  }

  /** Remembers a grant as long as the registry lives. */
  putForSession(grant: PermissionGrant): void {
    this.#session.put(grant)
  }

  /** Writes a grant down. Returns whether that was possible. */
  async put(grant: PermissionGrant): Promise<boolean> {
    try {
      await this.#store.put(grant)
      this.#session.remove(grant)
      return true
    } catch {
      return false
    }
  }

  /**
   * Has a grant take the place of an earlier one, where that is remembered. What is in the store is revoked there, and
   * nowhere else: where the store cannot be written, it stays as it is, to be taken over another time.
   */
  takeOver(grant: PermissionGrant, earlier: PermissionGrant): Promise<void> | undefined {
    if (this.isOfSession(earlier)) {
      this.putForSession(grant)
      return undefined
    }
    let writing: unknown
    try {
      writing = this.#store.put(grant)
    } catch {
      return undefined
    }
    if (!isThenable(writing)) return undefined
    this.#underway.add(grant)
    const done = () => void this.#underway.delete(grant)
    return Promise.resolve(writing).then(done, done)
  }

  #revision(): number | undefined {
    const { revision } = this.#store
    return typeof revision === 'number' ? revision : undefined
  }
}

function remembered(
  grants: readonly PermissionGrant[],
  request: PermissionRequest,
  anchors: Anchors,
): Omit<Remembered, 'revision'> {
  const here = grants.filter(grant => samePlace(grant, placeOf(grant.requested, anchors)))
  const prior = priorOf(here, request)
  if (prior !== undefined && prior.of !== 'other') return { prior }
  const apart = priorOf(
    grants.filter(grant => !here.includes(grant)),
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
