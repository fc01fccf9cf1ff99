import type { CommandSpec, HotReloadEvent, PluginRegistry } from '../../index.js'
import type { Terminal } from '../../terminal.js'
import { Catalogue } from '../catalogue.js'
import { answerWords } from '../checked-words.js'
import type { ReplOptions } from '../commands/repl.js'
import type { Context } from '../context.js'
import { candidateDirectories, pluginDirectories } from '../directories.js'
import { effectsOf } from '../effects.js'
import { execute } from '../execution.js'
import { noteDirectories, noteProblems } from '../notes.js'
import { loadingOf, type ReportOptions, stdioOf } from '../options.js'
import { OwnAudit } from '../own-audit.js'
import { permissionsOf } from '../permissions.js'
import type { PluginFile } from '../plugin-table.js'
import { TypedPrompt } from './typed-prompt.js'
import { WatchedPlugins } from './watched-plugins.js'

/** What plugins are loaded with: at first, and again on `reload`. */
interface Loading {
  readonly terminal: Terminal
  readonly options: ReplOptions
  readonly prompt: TypedPrompt
  readonly audit: OwnAudit
  readonly onEvent: ((event: HotReloadEvent) => void) | undefined
}

/** What lasts from one command of a shell to the next. */
export class Session {
  /** Whether to say what each execution used. */
  timing: boolean
  /** Whether the shell was told to end. */
  leaving = false
  readonly #loading: Loading
  readonly #signal: AbortSignal
  #provider: Catalogue | WatchedPlugins
  #running: AbortController | undefined

  private constructor(loading: Loading, signal: AbortSignal, provider: Catalogue | WatchedPlugins) {
    this.#loading = loading
    this.timing = loading.options.usage === true
    this.#signal = signal
    this.#provider = provider
  }

  /** @param onEvent - Hears what becomes of the plugins. Without, they are what they are now until `reload`. */
  static async open(
    { terminal, signal }: Context,
    options: ReplOptions,
    onEvent?: (event: HotReloadEvent) => void,
  ): Promise<Session> {
    const audit = new OwnAudit(terminal)
    const loading = { terminal, options, prompt: new TypedPrompt(), audit, onEvent }
    return new Session(loading, signal, await load(loading))
  }

  get terminal(): Terminal {
    return this.#loading.terminal
  }

  /** Asks for permission in the shell. */
  get prompt(): TypedPrompt {
    return this.#loading.prompt
  }

  get registry(): PluginRegistry {
    return this.#provider.registry
  }

  /** The plugins that provide commands, sorted by command. */
  get plugins(): readonly PluginFile[] {
    return this.#provider.plugins
  }

  /** The commands that plugins provide, sorted. */
  get commands(): CommandSpec[] {
    return this.plugins.map(({ manifest }) => manifest.command)
  }

  /** How results and failures are shown. */
  get report(): ReportOptions {
    return { ...this.#loading.options, usage: this.timing, layout: 'line' }
  }

  /** Looks at the directories again. Where that fails, everything stays as it is. */
  async reload(): Promise<void> {
    const before = this.#provider
    this.#provider = await load(this.#loading)
    await before.close()
  }

  /** Looks at everything here that plugins need; returns its exit code. */
  async doctor(): Promise<number> {
    // Loaded for this command alone.
    const { doctor } = await import('../doctor/doctor.js')
    const { options } = this.#loading
    return await doctor(this.terminal, options.plugins ?? [], { ...options, layout: 'line' })
  }

  /** Ends what runs, and gives up the plugins. */
  async close(): Promise<void> {
    await this.#provider.close()
  }

  /** Runs a plugin's command; returns its exit code, 130 if it was stopped. */
  async run(words: readonly [string, ...string[]]): Promise<number> {
    const [command, ...args] = words
    const spec = this.registry.getManifest(command)?.command
    if (
      spec !== undefined &&
      (await answerWords(this.terminal, spec, args, { ...this.#loading.options, ...this.report }))
    )
      return 0
    const running = new AbortController()
    this.#running = running
    const signal = AbortSignal.any([this.#signal, running.signal])
    try {
      // Lines that come are for the shell: a plugin that read them would take the commands after its own.
      return await execute(this.terminal, this.registry, words, { ...this.report, signal, stdin: '' })
    } catch (error) {
      if (!running.signal.aborted) throw error
      this.terminal.note('stopped')
      return 130
    } finally {
      this.#running = undefined
    }
  }

  /** Stops the command that runs; returns whether one does. */
  stop(): boolean {
    this.#running?.abort()
    return this.#running !== undefined
  }
}

async function load({
  terminal,
  options,
  prompt,
  audit,
  onEvent,
}: Loading): Promise<Catalogue | WatchedPlugins> {
  const directories = await pluginDirectories(options)
  const loading = loadingOf(options)
  const executing = {
    permissions: permissionsOf(terminal, options, { prompt, audit }),
    effects: effectsOf(terminal, options),
    stdio: stdioOf(options),
  }
  const provider =
    onEvent === undefined
      ? await Catalogue.load(directories, loading, executing)
      : // Those too that are not there yet.
        await WatchedPlugins.start(candidateDirectories(options), loading, executing, onEvent)
  noteProblems(terminal, provider)
  if (provider.registry.isEmpty) {
    terminal.note('there are no plugins')
    noteDirectories(terminal, directories)
  }
  return provider
}
