// Not `node:fs/promises`: this is loaded by its first use, and takes a millisecond.
import { promises } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Cache, CacheOption } from './cache.js'
import { invalidArgument, isPluginHostError, PluginHostError } from './errors.js'
import type { CheckedLimits, Limits } from './limits.js'
import { checkLoaderOptions, loadModule } from './loader.js'
import { modulePath } from './module-path.js'
import { LoadedPlugin } from './plugin.js'
import { textOfError } from './text-of-error.js'

/** What plugins are loaded with. */
export interface PluginScannerOptions {
  /** Limits of start-up, of the manifest, and of calls that do not say otherwise. */
  readonly limits?: Limits
  /** Where compiled code is kept: see `PluginLoaderOptions`. */
  readonly cache?: CacheOption
}

/** A file that looks like a plugin and is none. */
export interface ScanFailure {
  /** The file, absolute. */
  readonly path: string
  /** Why it is no plugin. */
  readonly error: PluginHostError
}

/** What is in a directory: both lists sorted by path. Of several directories, one after the other in their order. */
export interface ScanResult {
  /** What could be loaded. */
  readonly plugins: LoadedPlugin[]
  /** What could not. */
  readonly failures: ScanFailure[]
}

/** Files read and handed to the compiler at once: bounds memory, not parallelism. */
const FILES_AT_ONCE = 16

/**
 * Finds the plugins in a directory: regular files, or links to them, whose names end in `.wasm`;
 * not recursive. A file that cannot be loaded is a failure beside the plugins, not an exception.
 */
export class PluginScanner {
  readonly #limits: CheckedLimits
  readonly #cache: Cache | undefined

  constructor(options?: PluginScannerOptions) {
    const { limits, cache } = checkLoaderOptions(options)
    this.#limits = limits
    this.#cache = cache
  }

  /**
   * @throws What the system says of the directory: `ENOENT`, `ENOTDIR`, `EACCES` …
   */
  async scanDirectory(directory: string | URL): Promise<ScanResult> {
    return await this.#load(await moduleFiles(modulePath(directory, 'directory')))
  }

  /** Several directories as one, in their order; those that do not exist are skipped. */
  async scanDirectories(directories: readonly (string | URL)[]): Promise<ScanResult> {
    if (!Array.isArray(directories)) throw invalidArgument('directories', 'must be an array of paths')
    const files = new Set<string>()
    for (const directory of directories) {
      for (const file of await moduleFiles(modulePath(directory, 'directories')).catch(skipMissing))
        files.add(file)
    }
    return await this.#load([...files])
  }

  async #load(paths: readonly string[]): Promise<ScanResult> {
    const plugins = new Map<string, LoadedPlugin>()
    const failures = new Map<string, ScanFailure>()
    // One iterator for all: each worker takes the next file when it is done with one.
    const remaining = paths.values()
    const worker = async () => {
      for (const path of remaining) {
        const loaded = await this.#loadFile(path)
        if (loaded instanceof LoadedPlugin) plugins.set(path, loaded)
        else failures.set(path, loaded)
      }
    }
    await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, paths.length) }, worker))
    const inOrder = <T>(loaded: Map<string, T>) => paths.flatMap(path => loaded.get(path) ?? [])
    return { plugins: inOrder(plugins), failures: inOrder(failures) }
  }

  async #loadFile(path: string): Promise<LoadedPlugin | ScanFailure> {
    try {
      return await loadModule(path, this.#limits, this.#cache)
    } catch (error) {
      return { path, error: isPluginHostError(error) ? error : unreadable(path, error) }
    }
  }
}

/** @internal The absolute paths of a directory's modules, sorted. */
export async function moduleFiles(directory: string): Promise<string[]> {
  const root = resolve(directory)
  const entries = await promises.readdir(root, { withFileTypes: true })
  const files: string[] = []
  for (const entry of entries) {
    if (!entry.name.endsWith('.wasm')) continue
    const path = join(root, entry.name)
    if (entry.isFile() || (entry.isSymbolicLink() && (await linksToFile(path)))) files.push(path)
  }
  return files.sort()
}

async function linksToFile(path: string): Promise<boolean> {
  try {
    return (await promises.stat(path)).isFile()
  } catch {
    // A link that leads nowhere is no plugin.
    return false
  }
}

function skipMissing(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
  throw error
}

/** @internal What the system says of a file, as a fault of the file. */
export function unreadable(path: string, cause: unknown): PluginHostError<'ERR_INVALID_MODULE'> {
  const reason = textOfError(cause)
  return new PluginHostError(
    'ERR_INVALID_MODULE',
    `${path} could not be read: ${reason}`,
    { path },
    { cause },
  )
}
