import {
  type HotReloadEvent,
  HotReloadWatcher,
  type PluginLoaderOptions,
  type PluginRegistry,
  type ScanFailure,
} from '../../index.js'
import { type Conflict, conflictOf, type Executing, executing } from '../catalogue.js'
import type { PluginFile } from '../plugin-table.js'

/** The plugins of some directories, which are followed: what a `Catalogue` is, at any time. */
export class WatchedPlugins {
  readonly registry: PluginRegistry
  /** What was wrong when they were first loaded. */
  readonly failures: ScanFailure[] = []
  readonly conflicts: Conflict[] = []
  readonly #watcher: HotReloadWatcher
  readonly #files = new Map<string, PluginFile>()

  private constructor(watcher: HotReloadWatcher) {
    this.#watcher = watcher
    this.registry = watcher.registry
  }

  /**
   * Loads what is there, then follows.
   *
   * @param onEvent - Hears what happens from then on, not of what was loaded first.
   */
  static async start(
    directories: readonly string[],
    loading: PluginLoaderOptions,
    options: Executing,
    onEvent: (event: HotReloadEvent) => void,
  ): Promise<WatchedPlugins> {
    const watcher = await HotReloadWatcher.start(executing(loading, options), directories)
    const plugins = new WatchedPlugins(watcher)
    let isFirst = true
    for (const type of ['loaded', 'reloaded', 'unloaded', 'failed'] as const) {
      watcher.on(type, event => {
        plugins.#keep(event)
        if (!isFirst) onEvent(event)
        else if (event.error !== undefined) plugins.#fail(event.path, event.error)
      })
    }
    // The events of the first scan come in one turn, for whoever listens by then.
    await new Promise(resolve => setImmediate(resolve))
    isFirst = false
    return plugins
  }

  /** The files that provide commands, sorted by command. */
  get plugins(): PluginFile[] {
    return this.registry.listCommands().flatMap(command => this.#files.get(command) ?? [])
  }

  /** Ends following, and what runs. */
  async close(): Promise<void> {
    await this.#watcher.close()
    await this.registry.close()
  }

  #keep({ type, path, command, manifest, digest }: HotReloadEvent): void {
    if (type === 'failed') return
    for (const [earlier, file] of this.#files) if (file.path === path) this.#files.delete(earlier)
    if (command !== undefined && manifest !== undefined && digest !== undefined)
      this.#files.set(command, { path, manifest, digest })
  }

  #fail(path: string, error: ScanFailure['error']): void {
    const conflict = conflictOf(error)
    if (conflict === undefined) this.failures.push({ path, error })
    else this.conflicts.push(conflict)
  }
}
