import { basename } from 'node:path'

/** Where a watched file stands among the others that its watcher follows. */
export interface Place {
  /** Whose order it is. */
  readonly order: object
  /** The directory's number. */
  readonly directory: number
}

interface Ordered {
  readonly command: string
  readonly path?: string | undefined
  readonly place?: Place | undefined
}

/**
 * Whether the first of two plugins with one command is to provide it, by the order of the directories
 * that one watcher follows. In one directory that is the file that is called like the command, or the
 * first by name. Others have no order but that in which they came.
 */
export function precedes(one: Ordered, other: Ordered): boolean {
  const { place: a, path: aPath = '', command } = one
  const { place: b, path: bPath = '' } = other
  if (a === undefined || b === undefined || a.order !== b.order) return false
  if (a.directory !== b.directory) return a.directory < b.directory
  const isFirst = isNamesake(aPath, command)
  if (isFirst !== isNamesake(bPath, command)) return isFirst
  return basename(aPath) < basename(bPath)
}

/** Whether a file is called like a command. */
export function isNamesake(path: string, command: string): boolean {
  return basename(path) === `${command}.wasm`
}
