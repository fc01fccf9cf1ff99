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
import { PluginHostError, type UnsafeFileReason } from './errors.js'

/** Which file it is, whatever its name: for as long as somebody has it open. */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

const { O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants
// A FIFO is opened at once, and refused, rather than waited for. Windows knows neither.
const O_SAFE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

const WRITABLE_BY_OTHERS = 0o022n
const WRITABLE_BY_ALL = 0o002n
const STICKY = 0o1000n

/** Others that make and remove the file at the same time: it is theirs to find an end. */
const MOST_ATTEMPTS = 1000

/**
 * Opens a file of the host's own for reading and appending; makes it, and its directory, where they
 * are not there, for the user alone (modes 0600 and 0700). What is checked is what was opened: the
 * descriptor's file.
 *
 * @throws {PluginHostError} `ERR_UNSAFE_FILE`, where somebody else could have put the file there, or
 *   could write to it: a link, anything but a regular file, another user's, or one that others may
 *   write to. What the system says of the path comes with Node's own code.
 */
export function openPrivateFile(path: string): { readonly fd: number; readonly identity: FileIdentity } {
  checkDirectory(dirname(path), path)
  for (let attempt = 1; ; attempt += 1) {
    const there = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    // Opening alone can do something to a device, so that this is looked at before as well.
    if (there !== undefined) checkFile(there, path)
    const creation = there === undefined ? O_CREAT | O_EXCL : 0
    let fd: number
    try {
      fd = openSync(path, O_RDWR | O_APPEND | O_SAFE | creation, 0o600)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Somebody else made or removed it in between.
      if ((code === 'EEXIST' || code === 'ENOENT') && attempt < MOST_ATTEMPTS) continue
      if (code === 'ELOOP') throw unsafe(path, 'symbolic-link', error)
      throw error
    }
    try {
      const stat = fstatSync(fd, { bigint: true })
      checkFile(stat, path)
      return { fd, identity: stat }
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }
}

/** Whether both are the same file. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

/** Makes the directory, or checks that nobody else can take a file of this user's out of it. */
function checkDirectory(directory: string, path: string): void {
  const stat = statSync(directory, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return
  }
  const isForeign = process.geteuid !== undefined && !isOwn(stat) && stat.uid !== 0n
  // In a sticky directory, such as /tmp, a file is its owner's to rename or remove.
  const isOpen = isPosix && (stat.mode & WRITABLE_BY_ALL) !== 0n && (stat.mode & STICKY) === 0n
  if (isForeign || isOpen) throw unsafe(path, 'unsafe-directory')
}

function checkFile(stat: BigIntStats, path: string): void {
  if (stat.isSymbolicLink()) throw unsafe(path, 'symbolic-link')
  if (!stat.isFile()) throw unsafe(path, 'not-a-regular-file')
  if (!isOwn(stat)) throw unsafe(path, 'foreign-owner')
  if (isPosix && (stat.mode & WRITABLE_BY_OTHERS) !== 0n) throw unsafe(path, 'writable-by-others')
  if (stat.nlink > 1n) throw unsafe(path, 'hard-link')
}

const isPosix = process.platform !== 'win32'

function isOwn({ uid }: BigIntStats): boolean {
  return process.geteuid === undefined || uid === BigInt(process.geteuid())
}

const PROBLEMS: Readonly<Record<UnsafeFileReason, string>> = {
  'symbolic-link': 'is a symbolic link: name the file itself',
  'hard-link': 'has another name elsewhere (a hard link): name a file of its own',
  'not-a-regular-file': 'is not a regular file: name another',
  'foreign-owner': 'belongs to another user: name another, or have it given to you',
  'writable-by-others': 'can be written to by others: take that right away (chmod 600), or name another',
  'unsafe-directory':
    'is in a directory of another user, or that everybody can write to: put it in one of your own',
}

function unsafe(path: string, reason: UnsafeFileReason, cause?: unknown): PluginHostError<'ERR_UNSAFE_FILE'> {
  return new PluginHostError('ERR_UNSAFE_FILE', `${path} ${PROBLEMS[reason]}`, { path, reason }, { cause })
}
