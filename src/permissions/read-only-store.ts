import { checkMethods } from './checked-methods.js'
import { storeError } from './denial.js'
import type { PermissionGrant } from './grant.js'
import type { PermissionStore } from './store.js'

/** Another store's grants, to which nothing can be added and of which nothing can be revoked. */
export class ReadOnlyPermissionStore implements PermissionStore {
  readonly readOnly = true
  readonly #inner: PermissionStore

  /** @throws {PluginHostError} `ERR_INVALID_ARG`. */
  constructor(inner: PermissionStore) {
    this.#inner = checkMethods(inner, 'inner', ['find', 'list'])
  }

  get revision(): number | undefined {
    return this.#inner.revision
  }

  find(command: string): readonly PermissionGrant[] | Promise<readonly PermissionGrant[]> {
    return this.#inner.find(command)
  }

  list(): readonly PermissionGrant[] | Promise<readonly PermissionGrant[]> {
    return this.#inner.list()
  }

  /** @throws {PluginHostError} `ERR_PERMISSION_DENIED`, always; so do `remove` and `clear`. */
  async put(): Promise<never> {
    throw readOnly()
  }

  async remove(): Promise<never> {
    throw readOnly()
  }

  async clear(): Promise<never> {
    throw readOnly()
  }
}

function readOnly(): Error {
  return storeError('the permission store is read-only')
}
