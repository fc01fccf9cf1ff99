import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invalidArgument } from './errors.js'
import { compiler } from './executor.js'
import { type CheckedLimits, checkLimits, type Limits } from './limits.js'
import { checkModuleSize, readModule } from './module-file.js'
import type * as native from './native.js'
import { checkOptions } from './options.js'
import { LoadedPlugin } from './plugin.js'

/** A module's bytes, or the file that has them. */
export type ModuleSource = Uint8Array | string | URL

export interface PluginLoaderOptions {
  /** Limits of start-up, of the manifest, and of calls that do not say otherwise. */
  readonly limits?: Limits
}

/**
 * Loads plugins for direct use: compiles a module, checks what it exports and imports, starts it
 * once and asks for its manifest. All off the event loop.
 *
 * By default a plugin can do nothing but compute: no files, network, clock, randomness or
 * environment.
 */
export class PluginLoader {
  readonly #limits: CheckedLimits

  constructor(options?: PluginLoaderOptions) {
    this.#limits = checkLimits(checkOptions(options, 'options', ['limits']).limits, 'options.limits')
  }

  /**
   * @param source - The module's bytes, which are copied, or a path or `file:` URL.
   * @throws {PluginHostError} With the code that says what is wrong with the module. What the
   *   system says of a path (`ENOENT` and so on) comes with Node's own code.
   */
  async load(source: ModuleSource): Promise<LoadedPlugin> {
    const { plugin, path } = await loadModule(source, this.#limits)
    return new LoadedPlugin(plugin, path)
  }
}

/** @internal Loads a module for whoever wants to run it: the one way from bytes to a plugin. */
export async function loadModule(
  source: ModuleSource,
  limits: CheckedLimits,
): Promise<{ plugin: native.Plugin; path?: string }> {
  if (source instanceof Uint8Array) {
    checkModuleSize(source)
    return { plugin: await compiler().load(source, limits.native) }
  }
  const path = modulePath(source, 'source')
  return { plugin: await compiler().load(await readModule(path), limits.native, path), path }
}

/** @internal The absolute path that a string or URL names. */
export function modulePath(source: string | URL, name: string): string {
  if (source instanceof URL) {
    if (source.protocol !== 'file:') throw invalidArgument(name, 'must be a file: URL')
    return fileURLToPath(source)
  }
  if (typeof source !== 'string') throw invalidArgument(name, 'must be a Uint8Array, a path or a file: URL')
  if (source.includes('\0')) throw invalidArgument(name, 'must be a path without NUL')
  return resolve(source)
}
