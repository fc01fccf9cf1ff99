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
import { permissionsOf } from '../permissions.js'
import type { PluginFile } from '../plugin-table.js'
import { TypedPrompt } from './typed-prompt.js'
import { WatchedPlugins } from './watched-plugins.js'

/** What lasts from one command of a shell to the next. */
export class Session {
  readonly terminal: Terminal
  /** Whether to say what each execution used. */
  timing: boolean
  /** Whether the shell was told to end. */
  leaving = false
  /** Asks for permission in the shell. */
  readonly prompt: TypedPrompt
  readonly #options: ReplOptions
  readonly #signal: AbortSignal
  readonly #onEvent: ((event: HotReloadEvent) => void) | undefined
  #provider: Catalogue | WatchedPlugins
  #running: AbortController | undefined

  private constructor(
    { terminal, signal }: Context,
    options: ReplOptions,
    prompt: TypedPrompt,
    onEvent: ((event: HotReloadEvent) => void) | undefined,
    provider: Catalogue | WatchedPlugins,
  ) {
    this.terminal = terminal
    this.prompt = prompt
    this.#options = options
    this.timing = options.usage === true
    this.#signal = signal
    this.#onEvent = onEvent
    this.#provider = provider
  }

  /** @param onEvent - Hears what becomes of the plugins. Without, they are what they are now until `reload`. */
  static async open(
    context: Context,
    options: ReplOptions,
    onEvent?: (event: HotReloadEvent) => void,
  ): Promise<Session> {
    const prompt = new TypedPrompt()
    const provider = await load(context.terminal, options, prompt, onEvent)
    return new Session(context, options, prompt, onEvent, provider)
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
    return { ...this.#options, usage: this.timing, layout: 'line' }
  }

  /** Looks at the directories again. Where that fails, everything stays as it is. */
  async reload(): Promise<void> {
    const before = this.#provider
    this.#provider = await load(this.terminal, this.#options, this.prompt, this.#onEvent)
    await before.close()
  }

  /** Looks at everything here that plugins need; returns its exit code. */
  async doctor(): Promise<number> {
    // Loaded for this command alone.
    const { doctor } = await import('../doctor/doctor.js')
    return await doctor(this.terminal, this.#options.plugins ?? [], { ...this.#options, layout: 'line' })
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
      (await answerWords(this.terminal, spec, args, { ...this.#options, ...this.report }))
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

async function load(
  terminal: Terminal,
  options: ReplOptions,
  prompt: TypedPrompt,
  onEvent: ((event: HotReloadEvent) => void) | undefined,
): Promise<Catalogue | WatchedPlugins> {
  const directories = await pluginDirectories(options)
  const loading = loadingOf(options)
  const executing = {
    permissions: permissionsOf(terminal, options, prompt),
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
