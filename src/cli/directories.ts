import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { defaultPluginDirs } from '../index.js'
import { displayPath } from './paths.js'

export interface DirectoryOptions {
  /** Absent: the default directories. */
  readonly plugins?: readonly string[]
}

/** The default directories, for people. */
export const DEFAULT_DIRECTORIES = defaultPluginDirs('sen')
  .map(path => displayPath(path).replace(homedir(), '~'))
  .join(', then ')

/**
 * The directories to look for plugins in, absolute, each once. One that was named has to be there;
 * of the default ones, those that are.
 *
 * @throws What the system says of a directory that was named.
 */
export async function pluginDirectories({ plugins }: DirectoryOptions): Promise<string[]> {
  const named = plugins !== undefined
  const found: string[] = []
  for (const directory of new Set((plugins ?? defaultPluginDirs('sen')).map(path => resolve(path)))) {
    if (await isDirectory(directory, named)) found.push(directory)
  }
  return found
}

async function isDirectory(path: string, named: boolean): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if (named) throw error
    return false
  }
  if (!named) return false
  throw Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR', syscall: 'scandir', path })
}
