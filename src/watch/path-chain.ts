import type { BigIntStats } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { dirname, join, parse, sep } from 'node:path'

/** A directory in which a name is looked up on the way to a file. */
export interface Step {
  /** Absolute, without symbolic links. */
  readonly directory: string
  readonly identity: string
  readonly name: string
}

/** How a path is found. */
interface Chain {
  /** In their order. A change of any of these names may lead elsewhere. */
  readonly steps: readonly Step[]
  /** Where it leads, without symbolic links; absent where it leads nowhere. */
  readonly end?: { readonly path: string; readonly stats: BigIntStats }
}

/** As many links as Linux follows. */
const MAX_LINKS = 40

/**
 * Follows an absolute path as the system does, and notes the directories on the way: where a part
 * of it appears, goes, or is pointed elsewhere, one of them says so.
 */
export async function followPath(path: string): Promise<Chain> {
  const { root } = parse(path)
  const steps: Step[] = []
  const names = parts(path.slice(root.length))
  let links = 0
  let directory = root
  let stats = await lookAt(root)
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (stats === undefined || !stats.isDirectory()) return { steps }
    if (name === '..') {
      directory = dirname(directory)
      stats = await lookAt(directory)
      continue
    }
    steps.push({ directory, identity: identityOf(stats), name })
    const next = join(directory, name)
    const found = await lookAt(next)
    if (found?.isSymbolicLink()) {
      links += 1
      const target = links > MAX_LINKS ? undefined : await readlink(next).catch(() => undefined)
      if (target === undefined) return { steps }
      const { root: targetRoot } = parse(target)
      names.unshift(...parts(target.slice(targetRoot.length)))
      if (targetRoot !== '') {
        directory = targetRoot
        stats = await lookAt(targetRoot)
      }
      continue
    }
    directory = next
    stats = found
  }
  return stats === undefined ? { steps } : { steps, end: { path: directory, stats } }
}

export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

async function lookAt(path: string): Promise<BigIntStats | undefined> {
  // What may not be looked at is as good as not there.
  return await lstat(path, { bigint: true }).catch(() => undefined)
}

function parts(path: string): string[] {
  return path.split(sep === '\\' ? /[\\/]/ : sep).filter(part => part !== '' && part !== '.')
}
