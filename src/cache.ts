import { isAbsolute } from 'node:path'
import envPaths from 'env-paths'
import { invalidArgument } from './errors.js'
import { modulePath } from './module-path.js'
import * as addon from './native.js'

/** A directory for compiled code, as a path or `file:` URL; `false` for none. */
export type CacheOption = false | string | URL

/** What came of a cache's lookups and stores in this process. */
export interface CacheStats {
  /** Where it is: absolute. */
  readonly directory: string
  /** Whether loads use it. One that nothing was loaded with yet is taken to be usable. */
  readonly usable: boolean
  /** Why loads do not use it. */
  readonly reason?: string
  /** Modules that were not compiled. */
  readonly hits: number
  /** Modules that were compiled. */
  readonly misses: number
  /** Entries, and keys, that were there and failed a check: forged, damaged, or not this user's alone. */
  readonly rejected: number
  /** Entries that were written. */
  readonly stored: number
  /** Entries that were deleted to make room. */
  readonly evicted: number
  /** What the system refused: a full disk and so on. */
  readonly errors: number
}

/** @internal The environment variable that says where compiled code is kept: a directory, or `off`. */
export const CACHE_VARIABLE = 'SEN_PLUGIN_HOST_CACHE'

/** @internal A directory with compiled code, one for the process however many use it. */
export class Cache {
  readonly directory: string
  #native: addon.CompileCache | undefined

  constructor(directory: string) {
    this.directory = directory
  }

  /** The addon's cache, which opens the directory when something is first loaded with it. */
  get native(): addon.CompileCache {
    this.#native ??= new (addon.native().CompileCache)(this.directory)
    return this.#native
  }
}

const caches = new Map<string, Cache>()

/** @internal The cache that an option names; undefined for none. */
export function checkCache(option: CacheOption | undefined, path: string): Cache | undefined {
  if (option === false) return undefined
  if (option === undefined) return defaultCache()
  if (option === '') throw invalidArgument(path, 'must be false, or the path of a directory')
  return cacheIn(modulePath(option, path, 'false, a path or a file: URL'))
}

/** @internal */
export function cacheStats(cache: Cache): CacheStats {
  const { directory } = cache
  const { reason, ...counters } = cache.native.stats()
  if (reason == null) return { directory, usable: true, ...counters }
  return { directory, usable: false, reason, ...counters }
}

function defaultCache(): Cache | undefined {
  const setting = process.env[CACHE_VARIABLE]
  if (setting === 'off') return undefined
  // An empty variable is as good as none.
  if (setting) return cacheIn(modulePath(setting, CACHE_VARIABLE))
  const { cache } = envPaths('sen-plugin-host', { suffix: '' })
  // $XDG_CACHE_HOME may be relative, which its specification says to ignore: no directory appears where we are.
  return isAbsolute(cache) ? cacheIn(cache) : undefined
}

function cacheIn(directory: string): Cache {
  let cache = caches.get(directory)
  if (cache === undefined) {
    cache = new Cache(directory)
    caches.set(directory, cache)
  }
  return cache
}
