import {
  closeSync,
  fstatSync,
  // Not `node:fs/promises`: this is loaded by its first use, and takes a millisecond.
  promises,
  readFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isPluginHostError } from '../errors.js'
import { type FileLock, native } from '../native.js'
import {
  FILE_PROBLEMS,
  makeDirectoryOf,
  openToRead,
  type PrivateFile,
  type Refusal,
} from '../private-file.js'
import { writeWhole } from '../whole-file.js'
import { storeError } from './denial.js'

const MAX_BYTES = 2 ** 20
const LOCK_PATIENCE_MS = 10_000
const LOCK_RETRY_MS = 10

/**
 * Reads a file that nobody but the user may have written; undefined where there is none. What is checked is
 * what is read: all goes through one descriptor.
 *
 * @throws {PluginHostError} `ERR_PERMISSION_DENIED` for a file that is not the user's alone, a link, or no file.
 */
export function readPrivateFile(path: string): string | undefined {
  let file: PrivateFile | undefined
  try {
    file = openToRead(path, refusing(path))
  } catch (error) {
    throw isRefused(error)
      ? error
      : unusable(path, `cannot be opened (${(error as NodeJS.ErrnoException).code})`, error)
  }
  if (file === undefined) return undefined
  try {
    if (fstatSync(file.fd).size > MAX_BYTES) throw unusable(path, `has more than ${MAX_BYTES} bytes`)
    return readFileSync(file.fd, 'utf8')
  } finally {
    closeSync(file.fd)
  }
}

/**
 * Writes such a file, in a directory that is there: it is whole, or as it was before.
 *
 * @throws {PluginHostError} `ERR_PERMISSION_DENIED` for more than would be read again.
 * @throws What the system says.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const problem = `would have more than ${MAX_BYTES} bytes, and is as it was: revoke grants that are not needed`
    throw storeError(`the permission store ${path} ${problem}`)
  }
  await writeWhole(path, text, 0o600)
  await syncDirectory(dirname(path))
}

/**
 * Does something while no other process does something with the same file, and returns what it returns.
 *
 * @throws {PluginHostError} `ERR_PERMISSION_DENIED` where the file's directory is not the user's alone, or the
 *   lock is not to be had within ten seconds.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = await acquire(path)
  try {
    return await work()
  } finally {
    lock.release()
  }
}

async function acquire(path: string): Promise<FileLock> {
  const deadline = performance.now() + LOCK_PATIENCE_MS
  try {
    makeDirectoryOf(path, refusing(path))
    for (;;) {
      const lock = native().tryLockFile(`${path}.lock`)
      if (lock != null) return lock
      if (performance.now() > deadline) break
      await wait(LOCK_RETRY_MS)
    }
  } catch (error) {
    throw isRefused(error) ? error : unusable(path, `cannot be locked (${(error as Error).message})`, error)
  }
  throw unusable(path, 'is locked by another process')
}

/** So that the new name outlives a crash. Windows cannot, and does not need it. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await promises.open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** A file that is neither read as grants nor written over. */
export function unusable(path: string, problem: string, cause?: unknown): Error {
  return storeError(
    `the permission store ${path} ${problem}: nothing is granted from it. Put that right, or delete it to be asked again`,
    cause,
  )
}

function refusing(path: string): Refusal {
  return (reason, cause) => unusable(path, FILE_PROBLEMS[reason], cause)
}

function isRefused(error: unknown): boolean {
  return isPluginHostError(error, 'ERR_PERMISSION_DENIED')
}
