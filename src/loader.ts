import { type Cache, type CacheOption, checkCache } from './cache.js'
import { traceLoad } from './diagnostics.js'
import { compiler } from './executor.js'
import { type CheckedLimits, checkLimits, type Limits } from './limits.js'
import { checkModuleSize, readModule } from './module-file.js'
import { modulePath } from './module-path.js'
import { checkOptions } from './options.js'
import { LoadedPlugin } from './plugin.js'

/** A module's bytes, or the file that has them. */
export type ModuleSource = Uint8Array | string | URL

/** What plugins are loaded with. */
export interface PluginLoaderOptions {
  /** Limits of start-up, of the manifest, and of calls that do not say otherwise. */
  readonly limits?: Limits
  /**
   * Where compiled code is kept, so that a module is compiled once rather than once for a process:
   * a directory that only this user may write to. Default: the user's cache directory, or what the
   * environment variable `SEN_PLUGIN_HOST_CACHE` says (a directory, or `off`). `false` keeps nothing.
   */
  readonly cache?: CacheOption
}

/**
 * Loads plugins for direct use: compiles a module, checks what it exports and imports, starts it
 * once and asks for its manifest. All off the event loop.
 *
 * A plugin that is loaded so can do nothing but compute: no files, network or environment, whatever it
 * declares. One that imports WASI finds clocks in steps of a millisecond and random numbers besides.
 */
export class PluginLoader {
  readonly #limits: CheckedLimits
  readonly #cache: Cache | undefined

  constructor(options?: PluginLoaderOptions) {
    const { limits, cache } = checkLoaderOptions(options)
    this.#limits = limits
    this.#cache = cache
  }

  /**
   * @param source - The module's bytes, which are copied, or a path or `file:` URL.
   * @throws {PluginHostError} With the code that says what is wrong with the module. What the
   *   system says of a path (`ENOENT` and so on) comes with Node's own code.
   */
  async load(source: ModuleSource): Promise<LoadedPlugin> {
    return await loadModule(source, this.#limits, this.#cache, { forLiveInstance: true })
  }
}

/** @internal The options of whatever loads plugins and does nothing else with them. */
export function checkLoaderOptions(options: PluginLoaderOptions | undefined): {
  readonly limits: CheckedLimits
  readonly cache: Cache | undefined
} {
  const { limits, cache } = checkOptions(options, 'options', ['limits', 'cache'])
  return { limits: checkLimits(limits, 'options.limits'), cache: checkCache(cache, 'options.cache') }
}

/** @internal Loads a module for whoever wants to run it: the one way from bytes to a plugin. */
export async function loadModule(
  source: ModuleSource,
  limits: CheckedLimits,
  cache: Cache | undefined,
  { forLiveInstance = false } = {},
): Promise<LoadedPlugin> {
  const from =
    source instanceof Uint8Array
      ? source
      : modulePath(source, 'source', 'a Uint8Array, a path or a file: URL')
  const path = typeof from === 'string' ? from : undefined
  return await traceLoad(path, async noteBytes => {
    const module = typeof from === 'string' ? await readModule(from) : from
    noteBytes(module.byteLength)
    return await compileModule(module, path, limits, cache, forLiveInstance)
  })
}

/** @internal Loads a module for executions whose bytes are known to be those of a file. */
export async function loadBytes(
  module: Uint8Array,
  path: string,
  limits: CheckedLimits,
  cache: Cache | undefined,
): Promise<LoadedPlugin> {
  return await traceLoad(path, async noteBytes => {
    noteBytes(module.byteLength)
    return await compileModule(module, path, limits, cache, false)
  })
}

async function compileModule(
  module: Uint8Array,
  path: string | undefined,
  limits: CheckedLimits,
  cache: Cache | undefined,
  forLiveInstance: boolean,
): Promise<LoadedPlugin> {
  checkModuleSize(module)
  const loading = { limits: limits.native, cache: cache?.native, path, forLiveInstance }
  return new LoadedPlugin(await compiler().load(module, loading), path)
}
