import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { UnsafeFileReason } from './errors.js'

/** Which file it is, whatever its name: for as long as somebody has it open. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** A file of the host's own, open. */
export interface PrivateFile {
  readonly fd: number
  readonly identity: FileIdentity
}

/** The error for a file that is refused, of whoever wanted it. */
export type Refusal = (reason: UnsafeFileReason, cause?: unknown) => Error

/** What each problem is; continues a sentence that begins with the file. */
export const FILE_PROBLEMS: Readonly<Record<UnsafeFileReason, string>> = {
  'symbolic-link': 'is a symbolic link',
  'hard-link': 'has another name elsewhere (a hard link)',
  'not-a-regular-file': 'is not a regular file',
  'foreign-owner': 'belongs to another user',
  'writable-by-others': 'can be written to by others',
  'unsafe-directory': 'is in a directory of another user, or that others can write to',
}

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants
// A FIFO is opened at once, and refused, rather than waited for. Windows knows neither.
const O_SAFE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

const WRITABLE_BY_OTHERS = 0o022n

/** Others that make and remove the file at the same time: it is theirs to find an end. */
const MOST_ATTEMPTS = 1000

const isPosix = process.platform !== 'win32'

/** How somebody else could have put a file there, or could write to it: the first way that there is. */
export function problemOf(file: BigIntStats): UnsafeFileReason | undefined {
  if (file.isSymbolicLink()) return 'symbolic-link'
  if (!file.isFile()) return 'not-a-regular-file'
  if (!isOwn(file)) return 'foreign-owner'
  if (isWritableByOthers(file)) return 'writable-by-others'
  // None is left of one that was replaced since it was opened.
  if (file.nlink > 1n) return 'hard-link'
  return undefined
}

/**
 * Whether somebody else could put files into a directory, or take this user's out of it. A sticky one, such as /tmp, only
 * keeps them from the latter: they could plant what is found beside a file by its name, such as archives and locks.
 */
function problemOfDirectory(directory: BigIntStats): UnsafeFileReason | undefined {
  const isForeign = !isOwn(directory) && directory.uid !== 0n
  return isForeign || isWritableByOthers(directory) ? 'unsafe-directory' : undefined
}

/**
 * Opens a file of the host's own for reading; undefined where there is none. What is checked is what was opened: the
 * descriptor's file.
 *
 * @throws What `refuse` gives, for a file or directory that has a problem. What the system says comes as Node has it.
 */
export function openToRead(path: string, refuse: Refusal): PrivateFile | undefined {
  try {
    check(problemOfDirectory(statSync(dirname(path), { bigint: true })), refuse)
    return openIfThere(path, O_RDONLY, refuse)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/**
 * Opens one for reading and appending; makes it, and its directory, where they are not there, for the user alone (modes
 * 0600 and 0700).
 *
 * @throws As `openToRead`.
 */
export function openToAppend(path: string, refuse: Refusal): PrivateFile {
  makeDirectoryOf(path, refuse)
  const flags = O_RDWR | O_APPEND
  for (let attempt = 1; ; attempt += 1) {
    try {
      const there = openIfThere(path, flags, refuse)
      return there ?? checked(openSync(path, flags | O_SAFE | O_CREAT | O_EXCL, 0o600), refuse)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Somebody else made or removed it in between.
      if ((code !== 'EEXIST' && code !== 'ENOENT') || attempt === MOST_ATTEMPTS) throw error
    }
  }
}

/**
 * Makes the directory of a file of the host's own, for the user alone, or checks the one that is there.
 *
 * @throws As `openToRead`.
 */
export function makeDirectoryOf(path: string, refuse: Refusal): void {
  const directory = dirname(path)
  const there = statSync(directory, { bigint: true, throwIfNoEntry: false })
  if (there === undefined) mkdirSync(directory, { recursive: true, mode: 0o700 })
  check(problemOfDirectory(there ?? statSync(directory, { bigint: true })), refuse)
}

/** Whether both are the same file. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

function openIfThere(path: string, flags: number, refuse: Refusal): PrivateFile | undefined {
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (there === undefined) return undefined
  // Opening alone can do something to a device, so that this is looked at before as well.
  check(problemOf(there), refuse)
  let fd: number
  try {
    fd = openSync(path, flags | O_SAFE)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') throw refuse('symbolic-link', error)
    throw error
  }
  return checked(fd, refuse)
}

function checked(fd: number, refuse: Refusal): PrivateFile {
  try {
    const file = fstatSync(fd, { bigint: true })
    check(problemOf(file), refuse)
    return { fd, identity: file }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function check(problem: UnsafeFileReason | undefined, refuse: Refusal): void {
  if (problem !== undefined) throw refuse(problem)
}

function isOwn({ uid }: BigIntStats): boolean {
  return process.geteuid === undefined || uid === BigInt(process.geteuid())
}

function isWritableByOthers({ mode }: BigIntStats): boolean {
  return isPosix && (mode & WRITABLE_BY_OTHERS) !== 0n
}
