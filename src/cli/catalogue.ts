import { join } from 'node:path'
import {
  type EffectOptions,
  isPluginHostError,
  type LoadedPlugin,
  type PermissionOptions,
  PluginLoader,
  type PluginLoaderOptions,
  PluginRegistry,
  PluginScanner,
  type ScanFailure,
} from '../index.js'
import { isNamesake } from '../watch/precedence.js'

/** A plugin whose command another one provides. */
export interface Conflict {
  readonly command: string
  readonly path: string
  readonly owner: string
}

/** What plugins may do that are executed. */
export interface Executing {
  readonly permissions: PermissionOptions
  readonly effects: EffectOptions
  /** Where what they write goes: into results, where those are documents for programs. */
  readonly stdio: 'capture' | 'inherit'
}

/** A registry whose plugins run for whoever sits at the command line. */
export function executing(
  loading: PluginLoaderOptions,
  { permissions, effects, stdio }: Executing,
): PluginRegistry {
  return new PluginRegistry({ ...loading, permissions, effects, wasi: { stdio } })
}

/**
 * The commands that some directories have. Where several files have one command, the first
 * directory provides it, and in one directory the file that is called like the command, or the
 * first by name: so that a command can be found without loading everything.
 */
export class Catalogue {
  readonly registry: PluginRegistry
  readonly failures: ScanFailure[] = []
  readonly conflicts: Conflict[] = []
  /** Every plugin that was loaded, those included whose command another one provides. */
  readonly loaded: LoadedPlugin[] = []
  readonly #plugins = new Map<string, LoadedPlugin>()
  readonly #loader: PluginLoader
  readonly #scanner: PluginScanner

  /** @param options - Absent: plugins that ask for capabilities are not to be executed. */
  constructor(loading: PluginLoaderOptions, options?: Executing) {
    this.registry = options === undefined ? new PluginRegistry(loading) : executing(loading, options)
    this.#loader = new PluginLoader(loading)
    this.#scanner = new PluginScanner(loading)
  }

  /** Everything in these directories. */
  static async load(
    directories: readonly string[],
    loading: PluginLoaderOptions,
    options?: Executing,
  ): Promise<Catalogue> {
    const catalogue = new Catalogue(loading, options)
    for (const directory of directories) await catalogue.#addDirectory(directory)
    return catalogue
  }

  /** What it takes to run one command: everything, where no plugin has it. */
  static async find(
    command: string,
    directories: readonly string[],
    loading: PluginLoaderOptions,
    options?: Executing,
  ): Promise<Catalogue> {
    const catalogue = new Catalogue(loading, options)
    for (const directory of directories) {
      if (!(await catalogue.#addNamesake(directory, command))) await catalogue.#addDirectory(directory)
      if (catalogue.registry.hasCommand(command)) break
    }
    return catalogue
  }

  /** The plugins that provide commands, sorted by command. */
  get plugins(): LoadedPlugin[] {
    return this.registry.listCommands().flatMap(command => this.#plugins.get(command) ?? [])
  }

  /** Ends what runs, and gives up the plugins. */
  async close(): Promise<void> {
    await this.registry.close()
  }

  /** Why a command that a file is called like is not there. */
  failureOf(command: string): ScanFailure | undefined {
    return this.failures.find(({ path }) => isNamesake(path, command))
  }

  async #addDirectory(directory: string): Promise<void> {
    const { plugins, failures } = await this.#scanner.scanDirectory(directory)
    this.failures.push(...failures)
    const [namesakes, others] = [plugins.filter(ownNamesake), plugins.filter(plugin => !ownNamesake(plugin))]
    for (const plugin of [...namesakes, ...others]) await this.#register(plugin)
  }

  /** Adds the file that is called like the command; returns whether it has the command. */
  async #addNamesake(directory: string, command: string): Promise<boolean> {
    // Whatever else was typed is no command, and may be a path that leads out of the directory.
    if (!/^[a-z0-9][a-z0-9._-]*$/i.test(command)) return false
    let plugin: LoadedPlugin
    try {
      plugin = await this.#loader.load(join(directory, `${command}.wasm`))
    } catch {
      // Not there, or broken: scanning the directory says so.
      return false
    }
    if (plugin.manifest.command.name !== command) return false
    await this.#register(plugin)
    return true
  }

  async #register(plugin: LoadedPlugin): Promise<void> {
    this.loaded.push(plugin)
    try {
      const { command } = await this.registry.register(plugin)
      this.#plugins.set(command.name, plugin)
    } catch (error) {
      const conflict = conflictOf(error)
      if (conflict === undefined) throw error
      this.conflicts.push(conflict)
    }
  }
}

/** The conflict that an error tells of; undefined for any other error. */
export function conflictOf(error: unknown): Conflict | undefined {
  if (!isPluginHostError(error, 'ERR_COMMAND_CONFLICT')) return undefined
  const { command, path = '', owner = '' } = error.details
  return { command, path, owner }
}

function ownNamesake({ path = '', manifest }: LoadedPlugin): boolean {
  return isNamesake(path, manifest.command.name)
}
