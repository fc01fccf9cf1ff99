import { basename, dirname, join, resolve, sep } from 'node:path'
import { onAbort } from './abort.js'
import type { EffectOptions, EffectsOption } from './effects/options.js'
import { invalidArgument, isPluginHostError, PluginHostError } from './errors.js'
import { modulePath } from './module-path.js'
import { checkBoolean, checkInteger, checkOneOf, checkOptions, checkSignal } from './options.js'
import { PluginRegistry } from './registry.js'
import { unreadable } from './scanner.js'
import { textOfError } from './text-of-error.js'
import { type Listing, list, metadataAt } from './watch/directory.js'
import {
  Events,
  type HotReloadEvent,
  type HotReloadEventType,
  type HotReloadListener,
} from './watch/events.js'
import type { Timing } from './watch/file-state.js'
import { Gate } from './watch/gate.js'
import { fileKey, type Metadata } from './watch/metadata.js'
import type { Step } from './watch/path-chain.js'
import { Signals, type Watched } from './watch/signals.js'
import { type Shared, WatchedFile } from './watch/watched-file.js'

/** How quickly a watcher follows, and how long it lives. */
export interface HotReloadWatcherOptions {
  /** Milliseconds for which nobody touches a file before it is read. Default: 500. */
  readonly debounceMs?: number
  /**
   * Milliseconds after its first change at which a file is read, touched or not. One that cannot be
   * loaded has `failed` when nobody has touched it for so long: until then it may be half written.
   * Default: 1,000, or `debounceMs` where that is more.
   */
  readonly maxWaitMs?: number
  /** Whether plugins that are there already are loaded. Default: true. */
  readonly loadExisting?: boolean
  /** Milliseconds from one look at everything to the next, for changes of which nobody told. Default: 2,000. */
  readonly rescanMs?: number
  /**
   * Whether to look rather than to be told, for file systems that tell nobody: every `rescanMs` or
   * `debounceMs`, whichever is less, though not more often than every 100 ms. Default: false.
   */
  readonly usePolling?: boolean
  /** Whether the watcher keeps the process alive. Default: false. */
  readonly persistent?: boolean
  /** Closes the watcher. */
  readonly signal?: AbortSignal
}

const EVENT_TYPES: readonly HotReloadEventType[] = ['loaded', 'reloaded', 'unloaded', 'failed']
/** The longest that Node's own timers take. */
const MAX_MS = 2 ** 31 - 1
const MIN_POLL_MS = 100
/** Files read and handed to the compiler at once: bounds memory, not parallelism. */
const FILES_AT_ONCE = 16

interface Settings extends Timing {
  readonly loadExisting: boolean
  readonly rescanMs: number
  readonly usePolling: boolean
  readonly persistent: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Keeps a registry true to what is in some directories, whatever happens there. The system's signals
 * only say when to look again: what there is is compared with what the registry has, by digest.
 *
 * A new `.wasm` file is loaded, a changed one reloaded, a deleted one unloaded, as `PluginScanner`
 * finds them: not in directories below. A new version is compiled and asked for its manifest beside
 * the old one, then swapped in; one that fails leaves the old one serving. Where several files have
 * one command, the first directory provides it, and in one directory the file that is called like
 * the command, or the first by name; the others `failed` with `ERR_COMMAND_CONFLICT` and wait in line.
 */
export class HotReloadWatcher<out Effects extends EffectsOption = EffectOptions> {
  /** The registry that is kept true to the directories. */
  readonly registry: PluginRegistry<Effects>
  readonly #directories: readonly string[]
  readonly #settings: Settings
  readonly #events = new Events()
  readonly #files = new Map<string, WatchedFile>()
  readonly #shared: Shared
  readonly #signals: Signals
  readonly #stopFollowing: () => void
  #stopListening = () => {}
  /** What the system tells of, by the directory's real path. */
  #watched = new Map<string, Watched & { names: Set<string> }>()
  #listings: readonly Listing[] = []
  /** Whether some file has several names, of which one counts. */
  #hasDuplicates = false
  /** What a directory that may not be read was reported with. */
  readonly #unreadable = new Map<string, string>()
  #looking: Promise<void> | undefined
  #lookAgain = false
  readonly #briefLooks = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #isStarting = true
  /** Events that nobody could have listened to yet. */
  #early: HotReloadEvent[] | undefined = []
  #fault: unknown
  #closing: Promise<void> | undefined
  #saidPolling = false

  /**
   * Loads what is there, then follows. A file that cannot be loaded is a `failed` event, and a
   * directory that does not exist yet is not an error. Events of the first scan come after whoever
   * awaits this has had time to listen.
   *
   * @param directories - Paths or `file:` URLs; their order decides who provides a command.
   * @throws {PluginHostError} `ERR_INVALID_ARG`; `ERR_CLOSED` where the registry is. An aborted start
   *   rejects with `signal.reason`.
   */
  static async start<Effects extends EffectsOption = EffectOptions>(
    registry: PluginRegistry<Effects>,
    directories: readonly (string | URL)[],
    options?: HotReloadWatcherOptions,
  ): Promise<HotReloadWatcher<Effects>> {
    if (!(registry instanceof PluginRegistry)) throw invalidArgument('registry', 'must be a PluginRegistry')
    if (!Array.isArray(directories)) throw invalidArgument('directories', 'must be an array of paths')
    const paths = directories.map(directory => resolve(modulePath(directory, 'directories')))
    const settings = checkSettings(options)
    settings.signal?.throwIfAborted()
    const watcher = new HotReloadWatcher(registry, [...new Set(paths)], settings)
    await watcher.#start()
    return watcher
  }

  private constructor(registry: PluginRegistry<Effects>, directories: readonly string[], settings: Settings) {
    this.registry = registry
    this.#directories = directories
    this.#settings = settings
    const watcher = this
    this.#shared = {
      registry,
      timing: settings,
      gate: new Gate(FILES_AT_ONCE),
      get isPolling() {
        return watcher.pollingReason !== undefined
      },
      get isStarting() {
        return watcher.#isStarting
      },
      get isClosed() {
        return watcher.#closing !== undefined
      },
      emit: event => this.#emit(event),
      onFault: error => this.#onFault(error),
    }
    this.#signals = new Signals(settings.usePolling, paths => this.#hear(paths))
    this.#stopFollowing = registry.follow(change => {
      if (change === 'closed') void this.close()
      else for (const path of change.paths) this.#files.get(path)?.registryChanged()
    })
    const { signal } = settings
    if (signal !== undefined) this.#stopListening = onAbort(signal, () => void this.close())
  }

  /** Why directories are looked at rather than watched; undefined where they are watched. */
  get pollingReason(): string | undefined {
    return this.#signals.problem
  }

  /** Calls a listener for each event of this type. */
  on(type: HotReloadEventType, listener: HotReloadListener): this {
    return this.#listen(type, listener, false)
  }

  /** Calls a listener for the next event of this type. */
  once(type: HotReloadEventType, listener: HotReloadListener): this {
    return this.#listen(type, listener, true)
  }

  /** Takes back what `on` or `once` did. */
  off(type: HotReloadEventType, listener: HotReloadListener): this {
    this.#events.off(type, listener)
    return this
  }

  /**
   * Events from now on, until the watcher is closed. Ending the iteration does not close it. The latest 16,384 are kept
   * for whoever does not read them in time.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<HotReloadEvent> {
    return this.#events.iterate()
  }

  /**
   * Ends watching; the registry keeps what it has. No event comes any more once this is called, and no
   * thread or descriptor is left when it resolves. Idempotent.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  /** Does what `close` does, at the end of the block that says `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #start(): Promise<void> {
    // The files' own timers do not keep the process alive, which somebody awaits here.
    const keepAlive = setInterval(() => {}, MAX_MS)
    try {
      if (this.#closing === undefined) await this.#look('first')
      await Promise.all(Array.from(this.#files.values(), file => file.settled()))
    } catch (error) {
      this.#onFault(error)
    } finally {
      clearInterval(keepAlive)
    }
    if (this.#closing !== undefined) {
      await this.#closing
      this.#settings.signal?.throwIfAborted()
      throw this.#fault ?? new PluginHostError('ERR_CLOSED', 'the registry was closed', {})
    }
    this.#isStarting = false
    // Failures are here already; each file's own come after what it provides.
    for (const file of this.#files.values()) file.announce()
    const ranks = new Map(Array.from(this.#files.keys(), (path, rank) => [path, rank]))
    this.#early?.sort((a, b) => (ranks.get(a.path) ?? -1) - (ranks.get(b.path) ?? -1))
    setImmediate(() => {
      const early = this.#early ?? []
      this.#early = undefined
      for (const event of early) this.#emit(event)
    })
    if (this.#lookAgain) this.#lookSoon()
    this.#schedule()
  }

  #listen(type: HotReloadEventType, listener: HotReloadListener, once: boolean): this {
    checkOneOf(type, 'type', EVENT_TYPES)
    if (typeof listener !== 'function') throw invalidArgument('listener', 'must be a function')
    if (this.#closing === undefined) this.#events.on(type, listener, once)
    return this
  }

  #emit(event: HotReloadEvent): void {
    if (this.#closing !== undefined) return
    if (this.#early === undefined) this.#events.emit(event)
    else this.#early.push(event)
  }

  #onFault(error: unknown): void {
    if (this.#closing !== undefined) return
    this.#fault = error
    if (!this.#isStarting && !isPluginHostError(error, 'ERR_CLOSED')) {
      // A defect: nothing that happens to files ends here.
      process.emitWarning(`hot reload has stopped: ${textOfError(error, 'stack')}`, {
        type: 'HotReloadWarning',
        code: 'SEN_WATCH_STOPPED',
      })
    }
    void this.close()
  }

  async #close(): Promise<void> {
    // First: whoever asks meanwhile whether this is closed finds that it is.
    await Promise.resolve()
    clearTimeout(this.#timer)
    this.#stopListening()
    this.#stopFollowing()
    this.#early = undefined
    this.#events.close()
    this.#signals.close()
    const files = Array.from(this.#files.values(), file => file.close())
    await Promise.allSettled([...files, ...this.#briefLooks, this.#looking])
    this.#files.clear()
  }

  /** Looks at everything when it is time, again and again. */
  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#closing !== undefined) return
    const { rescanMs, debounceMs, persistent } = this.#settings
    const reason = this.pollingReason
    if (reason !== undefined && !this.#settings.usePolling && !this.#saidPolling) {
      this.#saidPolling = true
      process.emitWarning(`plugins are looked for again and again: ${reason}`, {
        type: 'HotReloadWarning',
        code: 'SEN_WATCH_POLLING',
      })
    }
    const delay = reason === undefined ? rescanMs : Math.min(rescanMs, Math.max(MIN_POLL_MS, debounceMs))
    this.#timer = setTimeout(() => {
      this.#lookSoon()
      const looked = this.#looking ?? Promise.resolve()
      void looked.then(() => {
        for (const file of this.#files.values()) file.reconcile()
        this.#schedule()
      })
    }, delay)
    if (!persistent) this.#timer.unref()
  }

  /** The system says that something was done there. */
  #hear(signals: readonly string[] | 'everything'): void {
    if (this.#closing !== undefined) return
    if (signals === 'everything') {
      this.#watched.clear()
      this.#lookSoon()
      return
    }
    let everything = this.#isStarting
    for (const path of signals) {
      if (this.#watched.has(path)) this.#forget(path)
      const directory = dirname(path)
      const name = basename(path)
      const isNamed = this.#watched.get(directory)?.names.has(name) === true
      const here = this.#directories.filter((_, index) => this.#listings[index]?.realPath === directory)
      if (isNamed || here.length === 0 || !name.endsWith('.wasm')) everything = true
      for (const given of here) {
        const file = join(given, name)
        this.#files.get(file)?.touched()
        if (!this.#lookBriefly(file)) everything = true
      }
    }
    if (everything) this.#lookSoon()
  }

  /** What is no longer there, or no longer the same, is to be watched anew. */
  #forget(path: string): void {
    for (const watched of this.#watched.keys()) {
      if (watched === path || watched.startsWith(path + sep)) this.#watched.delete(watched)
    }
  }

  /** Looks at one file that is known; returns whether that is enough. */
  #lookBriefly(path: string): boolean {
    const file = this.#files.get(path)
    const index = file?.place.directory ?? -1
    if (file === undefined || this.#hasDuplicates) return false
    if (this.#listings[index]?.files.get(path)?.isLink !== false) return false
    const look = metadataAt(path).then(metadata => file.seen(metadata))
    this.#briefLooks.add(look)
    void look.finally(() => this.#briefLooks.delete(look))
    return true
  }

  /** Looks at everything, now or as soon as the look that goes on is over. */
  #lookSoon(): void {
    if (this.#isStarting || this.#looking !== undefined) {
      this.#lookAgain = true
      return
    }
    this.#looking = this.#look()
      .catch(error => this.#onFault(error))
      .finally(() => {
        this.#looking = undefined
        if (!this.#lookAgain || this.#closing !== undefined) return
        this.#lookSoon()
      })
  }

  async #look(which: 'first' | 'later' = 'later'): Promise<void> {
    this.#lookAgain = false
    const fresh = new Map<string, Watched & { names: Set<string> }>()
    const listings: Listing[] = []
    for (const directory of this.#directories) {
      listings.push(await list(directory, (steps, modules) => this.#watch(fresh, steps, modules)))
      if (this.#closing !== undefined) return
    }
    this.#watched = fresh
    this.#signals.set(fresh.values())
    this.#listings = listings
    this.#apply(listings, which === 'first')
  }

  /** Has the system tell of these; returns whether some of them are new. */
  #watch(
    fresh: Map<string, Watched & { names: Set<string> }>,
    steps: readonly Step[],
    modules: { path: string; identity: string } | undefined,
  ): boolean {
    const relevant = process.platform === 'linux' ? steps : steps.slice(-1)
    let isNew = false
    const want = (path: string, identity: string, name?: string) => {
      for (const map of [fresh, this.#watched]) {
        const known = map.get(path)
        const watched =
          known?.identity === identity ? known : { path, identity, modules: false, names: new Set<string>() }
        if (map === this.#watched) {
          const hasAll = name === undefined ? watched.modules : watched.names.has(name)
          if (watched !== known || !hasAll) isNew = true
        }
        if (name === undefined) watched.modules = true
        else watched.names.add(name)
        map.set(path, watched)
      }
    }
    for (const { directory, identity, name } of relevant) want(directory, identity, name)
    if (modules !== undefined) want(modules.path, modules.identity)
    if (isNew && this.#closing === undefined) this.#signals.set(this.#watched.values())
    return isNew
  }

  /** Compares what there is with what was there. */
  #apply(listings: readonly Listing[], isFirst: boolean): void {
    const present = new Set<string>()
    const keys = new Set<string>()
    this.#hasDuplicates = false
    for (const [index, { files, error }] of listings.entries()) {
      this.#reportDirectory(index, error)
      if (error !== undefined) {
        // Nobody knows what is there: it stays as it is.
        for (const file of this.#files.values()) {
          if (file.place.directory === index) present.add(file.path)
        }
      }
      const inOrder = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
      for (const [path, { metadata }] of inOrder) {
        const key = fileKey(metadata)
        if (keys.has(key)) {
          this.#hasDuplicates = true
          continue
        }
        keys.add(key)
        present.add(path)
        this.#see(path, index, metadata, isFirst)
      }
    }
    for (const file of this.#files.values()) {
      if (present.has(file.path)) continue
      file.seen(undefined)
      if (file.isGone) this.#files.delete(file.path)
    }
  }

  #see(path: string, directory: number, metadata: Metadata, isFirst: boolean): void {
    let file = this.#files.get(path)
    if (file === undefined) {
      file = new WatchedFile(path, { order: this, directory }, this.#shared)
      this.#files.set(path, file)
    }
    if (!isFirst) file.seen(metadata)
    else if (this.#settings.loadExisting) file.found(metadata)
    else file.ignore(metadata)
  }

  #reportDirectory(index: number, error: NodeJS.ErrnoException | undefined): void {
    const path = this.#directories[index] ?? ''
    const code = error?.code ?? error?.message
    if (this.#unreadable.get(path) === code) return
    if (error === undefined || code === undefined) {
      this.#unreadable.delete(path)
      return
    }
    this.#unreadable.set(path, code)
    this.#emit({ type: 'failed', path, error: unreadable(path, error) })
  }
}

function checkSettings(options: HotReloadWatcherOptions | undefined): Settings {
  const given = checkOptions(options, 'options', [
    'debounceMs',
    'maxWaitMs',
    'loadExisting',
    'rescanMs',
    'usePolling',
    'persistent',
    'signal',
  ])
  const ms = (key: 'debounceMs' | 'maxWaitMs' | 'rescanMs', least: number, otherwise: number) =>
    given[key] === undefined ? otherwise : checkInteger(given[key], `options.${key}`, least, MAX_MS)
  const flag = (key: 'loadExisting' | 'usePolling' | 'persistent', otherwise: boolean) =>
    given[key] === undefined ? otherwise : checkBoolean(given[key], `options.${key}`)
  const debounceMs = ms('debounceMs', 0, 500)
  return {
    debounceMs,
    maxWaitMs: ms('maxWaitMs', 0, Math.max(1000, debounceMs)),
    rescanMs: ms('rescanMs', 10, 2000),
    loadExisting: flag('loadExisting', true),
    usePolling: flag('usePolling', false),
    persistent: flag('persistent', false),
    signal: checkSignal(given.signal),
  }
}
