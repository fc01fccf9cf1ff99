import { type BigIntStats, stat } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Metadata, metadataOf } from './metadata.js'
import { followPath, identityOf, type Step } from './path-chain.js'

/** A watched directory, as it is found now. */
export interface Listing {
  /** Where it is, without symbolic links; absent where there is none. */
  readonly realPath?: string
  readonly identity?: string
  /** Its modules by their path: regular files, or links to them, whose names end in `.wasm`. */
  readonly files: ReadonlyMap<string, Found>
  /** What the system says where it lets nobody look. */
  readonly error?: NodeJS.ErrnoException
}

export interface Found {
  readonly metadata: Metadata
  readonly isLink: boolean
}

/** Files looked at at once. */
const FILES_AT_ONCE = 32

/**
 * Lists a directory by the path that it was given as. `watch` is told what to watch before anything
 * is looked at that depends on it, and returns whether some of that is new: then a look that came
 * before it may be outdated.
 */
export async function list(
  directory: string,
  watch: (steps: readonly Step[], modules?: { path: string; identity: string }) => boolean,
): Promise<Listing> {
  let { steps, end } = await followPath(directory)
  const modules = () =>
    end?.stats.isDirectory() ? { path: end.path, identity: identityOf(end.stats) } : undefined
  // A path that is made or changed all the time is left to the next look.
  for (let round = 0; watch(steps, modules()) && round < 8; round += 1) {
    ;({ steps, end } = await followPath(directory))
  }
  const at = modules()
  if (at === undefined) return { files: new Map() }
  const located = { realPath: at.path, identity: at.identity }
  let entries: Awaited<ReturnType<typeof namesIn>>
  try {
    entries = await namesIn(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // It went, or was replaced by something else, since.
    if (code === 'ENOENT' || code === 'ENOTDIR') return { files: new Map() }
    return { ...located, files: new Map(), error: error as NodeJS.ErrnoException }
  }
  const links = entries.filter(({ isLink }) => isLink)
  if (links.length > 0) {
    const chains = await Promise.all(links.map(({ name }) => followPath(join(directory, name))))
    watch([...steps, ...chains.flatMap(chain => chain.steps)], at)
  }
  const files = new Map<string, Found>()
  const remaining = entries.values()
  const worker = async () => {
    for (const { name, isLink } of remaining) {
      const path = join(directory, name)
      const metadata = await metadataAt(path)
      if (metadata !== undefined) files.set(path, { metadata, isLink })
    }
  }
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, entries.length) }, worker))
  return { ...located, files }
}

/** What a module file is; undefined where there is none, or something else. */
export async function metadataAt(path: string): Promise<Metadata | undefined> {
  const stats = await statsAt(path)
  return stats?.isFile() ? metadataOf(stats) : undefined
}

/** A third of what `stat` of `node:fs/promises` costs, which is most of what looking at many files does. */
function statsAt(path: string): Promise<BigIntStats | undefined> {
  return new Promise(resolve => {
    stat(path, { bigint: true }, (error, stats) => resolve(error === null ? stats : undefined))
  })
}

async function namesIn(directory: string): Promise<{ name: string; isLink: boolean }[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter(entry => entry.name.endsWith('.wasm') && !entry.isDirectory())
    .map(entry => ({ name: entry.name, isLink: entry.isSymbolicLink() }))
}
