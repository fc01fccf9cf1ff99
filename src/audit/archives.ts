import { closeSync, type Dirent, lstatSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { FileIdentity } from '../private-file.js'

/** A file that is full: `audit.jsonl.7`. The higher the number, the later it was full. */
export interface Archive extends FileIdentity {
  readonly number: number
  readonly path: string
}

/** A number is taken for as long as it takes to rename a file: longer if who took it is gone. */
const CLAIM_MS = 10_000

/** The archives of an audit file that have something in them, in their order. */
export function archivesOf(path: string): Archive[] {
  const archives: Archive[] = []
  for (const { number, path: archive } of numbered(path)) {
    const stat = lstatSync(archive, { bigint: true, throwIfNoEntry: false })
    // An empty one is a number that somebody has taken and not used yet.
    if (stat?.isFile() && stat.size > 0n)
      archives.push({ number, path: archive, dev: stat.dev, ino: stat.ino })
  }
  return archives
}

/**
 * Makes an archive of the file, and removes the oldest, so that no more than `most` are left. Does
 * nothing while another process is about it: the file is a little larger then.
 *
 * Nobody waits for a lock. Who makes an empty file under the next number, which only one can, has the
 * number, and only that file is renamed over. Whoever finds the latest number empty leaves it to them.
 *
 * @param isStillThere - Whether the path still names the file that is full.
 */
export function archive(path: string, most: number, isStillThere: () => boolean): void {
  const last = numbered(path).at(-1)
  if (last !== undefined && isBeingMade(last.path)) return
  const next = `${path}.${(last?.number ?? 0) + 1}`
  if (!take(next)) return
  try {
    if (isStillThere()) renameSync(path, next)
    else rmSync(next, { force: true })
  } catch (error) {
    rmSync(next, { force: true })
    // Somebody has taken the file away in between.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const files = numbered(path).filter(({ isFile }) => isFile)
  for (const { path: oldest } of files.slice(0, Math.max(0, files.length - most)))
    rmSync(oldest, { force: true })
}

function isBeingMade(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  // One that is gone again was not needed: its number is free, and the next is not to be taken.
  if (stat === undefined) return true
  return stat.isFile() && stat.size === 0 && Date.now() - stat.mtimeMs < CLAIM_MS
}

function take(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

interface Numbered {
  readonly number: number
  readonly path: string
  readonly isFile: boolean
}

/** Whatever has a number, in order. */
function numbered(path: string): Numbered[] {
  const directory = dirname(path)
  const prefix = `${basename(path)}.`
  const found: Numbered[] = []
  for (const entry of entriesOf(directory)) {
    const suffix = entry.name.startsWith(prefix) ? entry.name.slice(prefix.length) : ''
    if (!/^[1-9]\d{0,14}$/.test(suffix)) continue
    found.push({ number: Number(suffix), path: join(directory, entry.name), isFile: entry.isFile() })
  }
  return found.sort((a, b) => a.number - b.number)
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
