import type { CommandSpec } from '../../index.js'
import type { Terminal } from '../../terminal.js'
import { Catalogue } from '../catalogue.js'
import type { ReplOptions } from '../commands/repl.js'
import type { Context } from '../context.js'
import { pluginDirectories } from '../directories.js'
import { execute } from '../execution.js'
import { noteDirectories, noteProblems } from '../notes.js'
import { loadingOf, type ReportOptions } from '../options.js'

/** What lasts from one command of a shell to the next. */
export class Session {
  readonly terminal: Terminal
  /** Whether to say what each execution used. */
  timing: boolean
  /** Whether the shell was told to end. */
  leaving = false
  readonly #options: ReplOptions
  readonly #signal: AbortSignal
  #catalogue: Catalogue
  #running: AbortController | undefined

  private constructor({ terminal, signal }: Context, options: ReplOptions, catalogue: Catalogue) {
    this.terminal = terminal
    this.#options = options
    this.timing = options.usage === true
    this.#signal = signal
    this.#catalogue = catalogue
  }

  static async open(context: Context, options: ReplOptions): Promise<Session> {
    return new Session(context, options, await loadCatalogue(context.terminal, options))
  }

  get catalogue(): Catalogue {
    return this.#catalogue
  }

  /** The commands that plugins provide, sorted. */
  get commands(): CommandSpec[] {
    return this.#catalogue.plugins.map(({ manifest }) => manifest.command)
  }

  /** How results and failures are shown. */
  get report(): ReportOptions {
    return { ...this.#options, usage: this.timing, layout: 'line' }
  }

  /** Looks at the directories again. Where that fails, everything stays as it is. */
  async reload(): Promise<void> {
    const { registry } = this.#catalogue
    this.#catalogue = await loadCatalogue(this.terminal, this.#options)
    await registry.close()
  }

  /** Runs a plugin's command; returns its exit code, 130 if it was stopped. */
  async run(words: readonly [string, ...string[]]): Promise<number> {
    const running = new AbortController()
    this.#running = running
    const signal = AbortSignal.any([this.#signal, running.signal])
    try {
      return await execute(this.terminal, this.#catalogue.registry, words, { ...this.report, signal })
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

async function loadCatalogue(terminal: Terminal, options: ReplOptions): Promise<Catalogue> {
  const directories = await pluginDirectories(options)
  const catalogue = await Catalogue.load(directories, loadingOf(options))
  noteProblems(terminal, catalogue)
  if (catalogue.registry.isEmpty) {
    terminal.note('there are no plugins')
    noteDirectories(terminal, directories)
  }
  return catalogue
}
