import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The paths that begin as this one does, directories with a `/` at the end: those of one directory,
 * those whose names begin with a dot only where that is typed.
 */
export async function pathsFrom(partial: string, kind: 'files' | 'directories'): Promise<string[]> {
  const slash = partial.lastIndexOf('/') + 1
  const [directory, beginning] = [partial.slice(0, slash), partial.slice(slash)]
  const entries = await readdir(directory || '.', { withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries) {
    const { name } = entry
    if (!name.startsWith(beginning) || (name.startsWith('.') && !beginning.startsWith('.'))) continue
    if (await isDirectory(entry, join(directory, name))) found.push(`${directory}${name}/`)
    else if (kind === 'files') found.push(directory + name)
  }
  return found.sort()
}

async function isDirectory(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  return await stat(path).then(
    target => target.isDirectory(),
    () => false,
  )
}
