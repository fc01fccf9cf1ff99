import { stat } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { defaultPluginDirs } from '../index.js'

// `node:fs/promises` takes a millisecond to load, which `sen run` is spared.
const statOf = promisify(stat)

export interface DirectoryOptions {
  /** Absent or empty: the default directories. */
  readonly plugins?: readonly string[] | undefined
}

const USER_DIRECTORIES: Readonly<Record<string, string>> = {
  darwin: '~/Library/Application Support/sen/plugins',
  win32: '%LOCALAPPDATA%\\sen\\plugins',
}

/** What `defaultPluginDirs('sen')` says, in the words of help texts. */
export const DEFAULT_DIRECTORIES = `${USER_DIRECTORIES[process.platform] ?? '~/.local/share/sen/plugins'}, then ./plugins`

/**
 * The directories to look for plugins in, absolute, each once. One that was named has to be there;
 * of the default ones, those that are.
 *
 * @throws What the system says of a directory that was named.
 */
export async function pluginDirectories({ plugins = [] }: DirectoryOptions): Promise<string[]> {
  const found: string[] = []
  for (const directory of candidateDirectories({ plugins })) {
    if (await isDirectory(directory, plugins.length > 0)) found.push(directory)
  }
  return found
}

/** The same, whether or not they are there. */
export function candidateDirectories({ plugins = [] }: DirectoryOptions): string[] {
  const directories = plugins.length > 0 ? plugins : defaultPluginDirs('sen')
  return [...new Set(directories.map(path => resolve(path)))]
}

async function isDirectory(path: string, named: boolean): Promise<boolean> {
  try {
    if ((await statOf(path)).isDirectory()) return true
  } catch (error) {
    if (named) throw error
    return false
  }
  if (!named) return false
  throw Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR', syscall: 'scandir', path })
}
