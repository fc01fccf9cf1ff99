import { promises } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import envPaths from 'env-paths'
import { InvalidValue } from '../invalid-value.js'
import { modulePath } from '../module-path.js'
import { textOfError } from '../text-of-error.js'
import { storeError } from './denial.js'
import {
  checkGrant,
  isCurrent,
  type PermissionGrant,
  type PermissionGrantKey,
  readGrant,
  sameKey,
  withGrant,
} from './grant.js'
import { readPrivateFile, unusable, withLock, writePrivateFile } from './private-file.js'
import type { PermissionStore } from './store.js'

const VERSION = 1

/**
 * Grants in a JSON file of the user's: private, written whole and under a lock that holds between processes.
 * Expired grants go when it is written.
 *
 * A file that others may write, that belongs to somebody else, is linked, damaged or of another version is
 * refused with `ERR_PERMISSION_DENIED`. It is not read as a grant, and nothing but `clear` writes over it.
 */
export class FilePermissionStore implements PermissionStore {
  /** The file, absolute. It need not be there. */
  readonly path: string
  #revision = 0

  /**
   * @param path - Default: `permissions.json` in the user's configuration directory for `sen-plugin-host`.
   * @throws {PluginHostError} `ERR_INVALID_ARG`.
   */
  constructor(path: string | URL = permissionsFile('sen-plugin-host')) {
    this.path = modulePath(path, 'path')
  }

  get revision(): number {
    return this.#revision
  }

  find(command: string): readonly PermissionGrant[] {
    return this.#read().filter(grant => grant.command === command)
  }

  list(): readonly PermissionGrant[] {
    return this.#read()
  }

  async put(grant: PermissionGrant): Promise<void> {
    const checked = checkGrant(grant)
    await this.#change(grants => withGrant(grants, checked))
  }

  async remove(key: PermissionGrantKey): Promise<boolean> {
    let found = false
    await this.#change(grants => {
      found = grants.some(grant => sameKey(grant, key))
      return grants.filter(grant => !sameKey(grant, key))
    })
    return found
  }

  /** Deletes the file, also one that is refused. Where it cannot be read, nothing is counted. */
  async clear(): Promise<number> {
    return await withLock(this.path, async () => {
      let count = 0
      try {
        count = this.#read().length
      } catch {
        // That is what it is being deleted for.
      }
      await promises.rm(this.path, { force: true })
      this.#revision += 1
      return count
    })
  }

  async #change(change: (grants: readonly PermissionGrant[]) => readonly PermissionGrant[]): Promise<void> {
    try {
      await withLock(this.path, async () => {
        const now = new Date()
        const grants = change(this.#read()).filter(grant => isCurrent(grant, now))
        await writePrivateFile(this.path, `${JSON.stringify({ version: VERSION, grants }, undefined, 2)}\n`)
        this.#revision += 1
      })
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error
      throw storeError(`the permission store ${this.path} could not be written: ${error.message}`, error)
    }
  }

  #read(): readonly PermissionGrant[] {
    const text = readPrivateFile(this.path)
    if (text === undefined) return []
    try {
      return grantsOf(JSON.parse(text))
    } catch (error) {
      const where = error instanceof InvalidValue ? error.path.join('.') : ''
      const problem = textOfError(error)
      throw unusable(this.path, `is damaged: ${where}${where && ' '}${problem}`, error)
    }
  }
}

/** @internal A program's permission store. */
export function permissionsFile(app: string): string {
  const { config } = envPaths(app, { suffix: '' })
  // $XDG_CONFIG_HOME may be relative, which its specification says to ignore.
  return join(isAbsolute(config) ? config : join(homedir(), '.config', app), 'permissions.json')
}

function grantsOf(document: unknown): readonly PermissionGrant[] {
  if (typeof document !== 'object' || document === null) throw new InvalidValue([], 'must be an object')
  const { version, grants, ...others } = document as Record<string, unknown>
  if (version !== VERSION) throw new InvalidValue(['version'], `must be ${VERSION}`)
  if (!Array.isArray(grants)) throw new InvalidValue(['grants'], 'must be an array')
  for (const key of Object.keys(others)) throw new InvalidValue([key], 'is not known here')
  return grants.map((grant: unknown) => readGrant(grant))
}
