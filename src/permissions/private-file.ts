import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  // Not `node:fs/promises`: this is loaded by its first use, and takes a millisecond.
  promises,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type FileLock, native } from '../native.js'
import { storeError } from './denial.js'

const MAX_BYTES = 2 ** 20
const OTHERS_MAY_WRITE = 0o022
const LOCK_PATIENCE_MS = 10_000
const LOCK_RETRY_MS = 10

/**
 * Reads a file that nobody but the user may have written; undefined where there is none. What is checked is
 * what is read: all goes through one descriptor.
 *
 * @throws {PluginHostError} `ERR_PERMISSION_DENIED` for a file that is not the user's alone, a link, or no file.
 */
export function readPrivateFile(path: string): string | undefined {
  let descriptor: number
  try {
    checkDirectory(path, statSync(dirname(path)))
    // A link is not followed, and a pipe that nobody writes to does not hold up the process. Windows has neither.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
    descriptor = openSync(path, flags)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ELOOP') throw unusable(path, 'is a symbolic link', error)
    throw code === 'ERR_PERMISSION_DENIED' ? error : unusable(path, `cannot be opened (${code})`, error)
  }
  try {
    checkFile(path, fstatSync(descriptor))
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Writes such a file: it is there whole, or as it was before. Makes its directory, for the user alone.
 *
 * @throws What the system says.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  // Takes a few milliseconds to load, which programs that write no such file are spared.
  const { randomBytes } = await import('node:crypto')
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await promises.open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await promises.rename(temporary, path)
  } catch (error) {
    await promises.rm(temporary, { force: true })
    throw error
  }
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
    await promises.mkdir(dirname(path), { recursive: true, mode: 0o700 })
    checkDirectory(path, statSync(dirname(path)))
    for (;;) {
      const lock = native().tryLockFile(`${path}.lock`)
      if (lock != null) return lock
      if (performance.now() > deadline) break
      await wait(LOCK_RETRY_MS)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw code === 'ERR_PERMISSION_DENIED' ? error : unusable(path, `cannot be locked (${message})`, error)
  }
  throw unusable(path, 'is locked by another process')
}

/** Where others may write, they can put another file in this one's place. */
function checkDirectory(path: string, stats: Stats): void {
  if (!stats.isDirectory()) throw unusable(path, 'is in no directory')
  const user = process.geteuid?.()
  if (user === undefined) return
  if (stats.uid !== user && stats.uid !== 0) throw unusable(path, "is in somebody else's directory")
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0)
    throw unusable(path, 'is in a directory that others may write to')
}

function checkFile(path: string, stats: Stats): void {
  if (!stats.isFile()) throw unusable(path, 'is no file')
  if (stats.size > MAX_BYTES) throw unusable(path, `has more than ${MAX_BYTES} bytes`)
  const user = process.geteuid?.()
  if (user === undefined) return
  if (stats.uid !== user) throw unusable(path, 'belongs to somebody else')
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) throw unusable(path, 'may be written by others')
  if (stats.nlink !== 1) throw unusable(path, 'has more than one name')
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
