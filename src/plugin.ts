import { invalidArgument } from './errors.js'
import { PluginInstance } from './instance.js'
import type { PluginManifest } from './manifest.js'
import type * as native from './native.js'

const handles = new WeakMap<LoadedPlugin, native.Plugin>()

/**
 * A plugin that was compiled, checked and asked for its manifest. It holds no instance until
 * `instance` is called for the first time, so that thousands can be loaded.
 */
export class LoadedPlugin {
  /** What the plugin says of itself. Frozen. */
  readonly manifest: PluginManifest
  /** `blake3:` and the digest of the module's bytes in hexadecimal: what grants are bound to. */
  readonly digest: string
  /** The file that the plugin was read from, absolute; absent for one loaded from bytes. */
  readonly path?: string
  #instance: PluginInstance | undefined

  /** @internal Plugins come from a loader or scanner. */
  constructor(plugin: native.Plugin, path?: string) {
    this.manifest = deepFreeze(plugin.manifest())
    this.digest = plugin.digest()
    if (path !== undefined) this.path = path
    handles.set(this, plugin)
  }

  /** A live instance, whose memory persists from call to call. Always the same one. */
  get instance(): PluginInstance {
    this.#instance ??= new PluginInstance(handleOf(this))
    return this.#instance
  }
}

/** @internal The addon's plugin behind a loaded one. */
export function handleOf(plugin: LoadedPlugin): native.Plugin {
  const handle = handles.get(plugin)
  if (handle === undefined)
    throw invalidArgument('plugin', 'must be a LoadedPlugin, as PluginLoader.load gives it')
  return handle
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
