import { type Cache, type CacheOption, cacheStats, checkCache } from './cache.js'
import { interruptible, Revocation, refuseStopped } from './call.js'
import { allowsNet, NO_CAPABILITIES } from './capabilities.js'
import { CommandTable } from './command-table.js'
import {
  type ExecuteTrace,
  executionsAreTraced,
  publishReload,
  traceExecute,
  traceExecuteSync,
} from './diagnostics.js'
import { EffectBroker } from './effects/broker.js'
import { Conversation, converse, tooManyEffects } from './effects/conversation.js'
import type { EffectPlugin } from './effects/handler.js'
import { checkEffects, type EffectOptions, type EffectsOption } from './effects/options.js'
import { SuspendedExecution } from './effects/suspended.js'
import { invalidArgument, isPluginHostError, PluginHostError } from './errors.js'
import { type Calls, Executor } from './executor.js'
import { type CheckedLimits, checkLimits, DEFAULT_MAX_EFFECTS, type Limits } from './limits.js'
import { loadBytes, loadModule, type ModuleSource } from './loader.js'
import { asksForNothing, type Capabilities, type PluginManifest } from './manifest.js'
import { modulePath } from './module-path.js'
import type * as native from './native.js'
import { checkArgs, checkInteger, checkOneOf, checkOptions, checkSignal } from './options.js'
import { answered, type ExecuteResult } from './outcome.js'
import { PermissionGuard } from './permissions/guard.js'
import { checkPermissions, type PermissionOptions } from './permissions/options.js'
import { handleOf, type LoadedPlugin } from './plugin.js'
import type { CheckedName, CheckedWords, KnownWord } from './plugin-commands.js'
import { brief, receipt, whole } from './receipt.js'
import { ExecutionCount, guestsOfProcess, type RegistryStats } from './stats.js'
import { PluginWorlds } from './wasi/plugin-worlds.js'
import type { World } from './wasi/world.js'
import { Wasi, type WasiOptions } from './wasi.js'
import type { Place } from './watch/precedence.js'

/** What a registry's plugins may use and do, and how many run at once. */
export interface PluginRegistryOptions<Effects extends EffectsOption = EffectOptions> {
  /** Limits of every execution that does not say otherwise, and of loading. */
  readonly limits?: Limits
  /** Where compiled code is kept: see `PluginLoaderOptions`. */
  readonly cache?: CacheOption
  /** Executions that run at the same time. Default: what the machine can run at once. */
  readonly concurrency?: number
  /** Executions that may wait for their turn before `ERR_BUSY`. Default: 16,384. */
  readonly queueLimit?: number
  /**
   * What happens when a second plugin has a command that is taken. `reject` (the default) refuses
   * it with `ERR_COMMAND_CONFLICT`; a file then waits in line and gets the command when the owner
   * goes. `replace` takes the command from its owner.
   */
  readonly onConflict?: 'reject' | 'replace'
  /**
   * Who decides what plugins may do, who is asked, and where that is written down: one of
   * `PermissionPresets`, or parts of a program's own. Without it, a plugin that asks for capabilities is refused.
   */
  readonly permissions?: PermissionOptions
  /** What WASI plugins find outside of themselves, as far as it is granted. */
  readonly wasi?: WasiOptions
  /**
   * How effects are carried out that plugins ask for: by default within what each was granted, at
   * most `limits.maxEffects` in one execution. With `'manual'`, `execute` returns them, and its
   * caller carries them out.
   */
  readonly effects?: Effects
}

/** What one execution differs in. */
export interface ExecuteOptions {
  /** Stops the execution; it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Limits of this execution that differ from the registry's. */
  readonly limits?: Limits
  /** What the plugin reads from its standard input, where that is granted. */
  readonly stdin?: string | Uint8Array
}

/** A plugin in a registry. */
interface Entry {
  readonly command: string
  /** What handlers of effects are told of it. */
  readonly identity: EffectPlugin
  readonly path?: string | undefined
  readonly plugin: native.Plugin
  readonly manifest: PluginManifest
  readonly digest: string
  readonly supportsEffects: boolean
  /** Whether it asks for no capabilities, and nothing is to be decided. */
  readonly isPlain: boolean
  /** What a WASI plugin that asks for capabilities finds outside of itself. */
  readonly worlds: PluginWorlds | undefined
  /** Which of the registry's loads it came from. */
  readonly load: number
  /** Triggered when the plugin is unloaded or the registry closed. */
  readonly revocation: Revocation
  /** Where a watched file stands among others. */
  readonly place?: Place | undefined
  /** What executes it off the event loop and on it, each made by the first call. */
  execute?: Calls
  executeSync?: ReturnType<native.Plugin['syncCalls']>
  /** Calls that have begun and not ended. */
  calls: number
  /** Whether later calls run another version, or none. */
  isRetired: boolean
}

/** A call of a plugin: what its caller said, and what it may use. */
interface Call {
  readonly args: string[]
  readonly signal: AbortSignal | undefined
  readonly limits: CheckedLimits
  grant: Capabilities
  /** What a WASI plugin finds outside of itself. */
  world?: World | undefined
}

/** @internal What a registry has from a file. */
export interface Provided {
  /** Of what was loaded last. */
  readonly digest: string
  readonly manifest: PluginManifest
  /** Digest and command of the version that is executed, where there is one. */
  readonly serving?: { readonly digest: string; readonly command: string; readonly manifest: PluginManifest }
  /** Why the version that was loaded last is not executed. */
  readonly conflict?: PluginHostError<'ERR_COMMAND_CONFLICT'>
}

/** @internal Who follows a registry hears which files provide more or less than before. */
export type RegistryListener = (change: { readonly paths: readonly string[] } | 'closed') => void

/** @inline */
type Answer = Exclude<ExecuteResult, { type: 'effect' }>

/** What `execute` of a registry with this option comes to. */
export type Executed<Effects extends EffectsOption> =
  | Answer
  | (Effects extends 'manual' ? SuspendedExecution : never)

const MAX_QUEUE = 2 ** 32 - 1

/** Executions that may wait for their callers: fewer than there are instances, so that others can begin. */
const MAX_SUSPENDED = 1024

/**
 * Plugins as named commands. Every execution gets a pristine instance of its own: nothing of
 * earlier executions is visible to it, and a plugin that failed is none the worse for the next.
 * Executions run in parallel on the host's own threads, off the event loop.
 *
 * By default a plugin can do nothing but compute and sleep: no files, network, environment or
 * standard streams. One that declares that it needs more is loaded, and refused when executed, unless
 * `permissions` grant it some of that.
 */
export class PluginRegistry<out Effects extends EffectsOption = EffectOptions> {
  readonly #commands = new CommandTable<Entry>()
  readonly #executor: Executor
  readonly #executions = new ExecutionCount()
  readonly #limits: CheckedLimits
  readonly #cache: Cache | undefined
  readonly #onConflict: 'reject' | 'replace'
  readonly #permissions: PermissionGuard
  readonly #wasi: Wasi
  /** Absent where callers carry effects out. */
  readonly #broker: EffectBroker | undefined
  /** Executions that wait for their callers. */
  #suspended = 0
  /** Earlier versions of files that still run calls. */
  readonly #retired = new Set<Entry>()
  readonly #listeners = new Set<RegistryListener>()
  /** Loads so far: the later of two loads of a file has what it holds now. */
  #loads = 0
  #closed = false
  /** Who waits for the last call of a registry that is closed. */
  readonly #closing: (() => void)[] = []

  constructor(options?: PluginRegistryOptions<Effects>) {
    const { limits, cache, concurrency, queueLimit, onConflict, permissions, wasi, effects } = checkOptions(
      options,
      'options',
      ['limits', 'cache', 'concurrency', 'queueLimit', 'onConflict', 'permissions', 'wasi', 'effects'],
    )
    this.#limits = checkLimits(limits, 'options.limits')
    this.#cache = checkCache(cache, 'options.cache')
    this.#onConflict =
      onConflict === undefined
        ? 'reject'
        : checkOneOf(onConflict, 'options.onConflict', ['reject', 'replace'])
    const surroundings = new Wasi(wasi)
    this.#wasi = surroundings
    this.#permissions = new PermissionGuard(checkPermissions(permissions, 'options.permissions'), () =>
      surroundings.anchors(),
    )
    const handling = checkEffects(effects, 'options.effects')
    if (handling !== 'manual') {
      this.#broker = new EffectBroker(handling, {
        registry: this,
        allowsNet,
        onEffect: (event, grant) => this.#permissions.recordEffect(event, grant),
      })
    }
    this.#executor = new Executor({
      ...(concurrency === undefined
        ? {}
        : { concurrency: checkInteger(concurrency, 'options.concurrency', 1, 1024) }),
      ...(queueLimit === undefined
        ? {}
        : { queueLimit: checkInteger(queueLimit, 'options.queueLimit', 0, MAX_QUEUE) }),
    })
  }

  /**
   * Loads a plugin and registers its command. A file that is loaded already is replaced by what it
   * holds now.
   *
   * @throws {PluginHostError} With the code that says what is wrong with the module;
   *   `ERR_COMMAND_CONFLICT`; `ERR_CLOSED`.
   */
  async loadPlugin(source: ModuleSource): Promise<PluginManifest> {
    this.#refuseClosed()
    this.#loads += 1
    const load = this.#loads
    const plugin = await loadModule(source, this.#limits, this.#cache)
    return this.#add(handleOf(plugin), plugin, load)
  }

  /**
   * Registers the command of a plugin that was loaded elsewhere. The registry's limits apply.
   *
   * @throws {PluginHostError} `ERR_COMMAND_CONFLICT`; `ERR_CLOSED`.
   */
  async register(plugin: LoadedPlugin): Promise<PluginManifest> {
    this.#refuseClosed()
    this.#loads += 1
    return this.#add(handleOf(plugin).withLimits(this.#limits.native ?? {}), plugin, this.#loads)
  }

  /**
   * Runs a command off the event loop, on a pristine instance, and carries out what effects it
   * asks for; with `effects: 'manual'`, returns them one by one. What a plugin answers, errors of its own
   * included, is a value. Names and words are checked by the compiler where `PluginCommands` knows them.
   *
   * @throws {PluginHostError} `ERR_COMMAND_NOT_FOUND`; `ERR_PERMISSION_DENIED`; the faults of a
   *   guest; `ERR_BUSY`; `ERR_UNLOADED` and `ERR_CLOSED` when those happen meanwhile. An aborted
   *   call rejects with `signal.reason`.
   */
  async execute<const Name extends string, const Words extends readonly KnownWord<Name>[]>(
    command: CheckedName<Name>,
    args?: CheckedWords<Name, Words>,
    options?: ExecuteOptions,
  ): Promise<Executed<Effects>>
  async execute(
    command: string,
    args: readonly string[] = [],
    options?: ExecuteOptions,
  ): Promise<Executed<Effects>> {
    const checked = checkArgs(args)
    const { signal, limits, stdin } = checkExecuteOptions(options)
    const entry = this.#find(command)
    signal?.throwIfAborted()
    entry.calls += 1
    const call: Call = { args: checked, signal, limits, grant: NO_CAPABILITIES }
    if (!entry.isPlain) {
      try {
        const allowed = this.#allow(entry, call, stdin)
        if (allowed instanceof Promise) await allowed
      } catch (error) {
        // What was refused was no execution.
        this.#leave(entry)
        throw error
      }
    }
    this.#executions.total += 1
    let result: Answer | SuspendedExecution | undefined
    try {
      const begun = executionsAreTraced()
        ? traceExecute(this.#trace(entry, checked, false), () => this.#begin(entry, call))
        : this.#begin(entry, call)
      result = begun instanceof Promise ? await begun : begun
      if (call.world !== undefined) await this.#passedOn(entry, signal)
      if (result.type !== 'effect') this.#ended(entry, result)
      // Without 'manual', the broker leaves no effects.
      return result as Executed<Effects>
    } catch (error) {
      // What it wrote before it failed is passed on as well, unless nobody waits.
      if (call.world !== undefined) await this.#passedOn(entry, signal).catch(ignore)
      // One that waits for its caller never comes to it. Its end is noted as any other's.
      if (result?.type === 'effect') result.close()
      else this.#ended(entry, undefined)
      throw error
    } finally {
      // Whatever runs now has begun, and keeps what it needs.
      call.world?.release()
    }
  }

  /**
   * Runs a command on this thread, which waits for it: for scripts and hot paths. Carries out no
   * effects: a plugin that asks for one is refused with `ERR_TOO_MANY_EFFECTS`, the limit being 0.
   *
   * @throws {PluginHostError} As `execute`.
   */
  executeSync<const Name extends string, const Words extends readonly KnownWord<Name>[]>(
    command: CheckedName<Name>,
    args?: CheckedWords<Name, Words>,
    options?: ExecuteOptions,
  ): Answer
  executeSync(command: string, args: readonly string[] = [], options?: ExecuteOptions): Answer {
    const checked = checkArgs(args)
    const { signal, limits, stdin } = checkExecuteOptions(options)
    const entry = this.#find(command)
    signal?.throwIfAborted()
    entry.calls += 1
    try {
      return this.#executeHere(entry, checked, limits, signal, stdin)
    } finally {
      this.#leave(entry)
    }
  }

  /** The commands, sorted. */
  listCommands(): string[] {
    return this.#commands.owners().map(({ command }) => command)
  }

  /** Whether there is a command of this name. */
  hasCommand(command: string): boolean {
    return this.#commands.get(command) !== undefined
  }

  /** What the plugin of a command says of itself; undefined where there is none. */
  getManifest(command: string): PluginManifest | undefined {
    return this.#commands.get(command)?.manifest
  }

  /** The manifests, sorted by command. */
  getAllManifests(): readonly PluginManifest[] {
    return this.#commands.owners().map(({ manifest }) => manifest)
  }

  /** How many commands there are. */
  get size(): number {
    return this.#commands.size
  }

  /** Whether there are no commands. */
  get isEmpty(): boolean {
    return this.#commands.size === 0
  }

  /** How the registry is doing. A snapshot, of a closed registry too. */
  stats(): RegistryStats {
    const { instances, guestBytes, allocation } = guestsOfProcess()
    const loaded = [...this.#commands.entries(), ...this.#retired]
    return {
      plugins: this.#commands.size,
      executions: this.#executions.stats,
      queue: this.#executor.stats(),
      instances,
      memory: {
        guestBytes,
        codeBytes: loaded.reduce((bytes, { plugin }) => bytes + plugin.codeBytes(), 0),
        allocation,
      },
      ...(this.#cache === undefined ? {} : { cache: cacheStats(this.#cache) }),
    }
  }

  /**
   * Takes a command out; its executions are stopped with `ERR_UNLOADED`. A file that waits in line
   * for the command gets it.
   *
   * @returns Whether there was such a command.
   */
  async unload(command: string): Promise<boolean> {
    this.#refuseClosed()
    const entry = this.#commands.get(command)
    if (entry === undefined) return false
    this.#unload(entry)
    return true
  }

  /** Takes out what was loaded from this file. Returns its command, if there was one. */
  async unloadByPath(path: string | URL): Promise<string | undefined> {
    this.#refuseClosed()
    const entry = this.#commands.byPath(modulePath(path, 'path'))
    if (entry === undefined) return undefined
    this.#unload(entry)
    return entry.command
  }

  /**
   * Loads a file again and swaps the new version in: calls in flight finish on the old one, later
   * calls run the new one. Where this rejects, the old version keeps serving. A file that is not
   * loaded yet is loaded.
   *
   * @throws {PluginHostError} As `loadPlugin`.
   */
  async reloadByPath(path: string | URL): Promise<PluginManifest> {
    return await this.loadPlugin(modulePath(path, 'path'))
  }

  /**
   * Stops what runs with `ERR_CLOSED`, and refuses everything from now on. All calls have settled when it
   * resolves. Idempotent.
   */
  async close(): Promise<void> {
    this.#closed = true
    const entries = [...this.#commands.entries(), ...this.#retired]
    for (const entry of entries) {
      this.#commands.remove(entry)
      entry.revocation.revoke('closed', closedError)
      if (!entry.isRetired) this.#permissions.note(entry, 'unloaded')
      this.#retire(entry)
    }
    this.#executor.retire()
    for (const listener of [...this.#listeners]) listener('closed')
    while (this.#retired.size > 0) await new Promise<void>(resolve => this.#closing.push(resolve))
  }

  /** Does what `close` does, at the end of the block that says `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /**
   * @internal Loads a version of a watched file and swaps it in, as `reloadByPath` does. A version whose
   * command is taken waits in line, which is no exception: `provided` says so.
   * One that nobody wants by then is given up.
   */
  async loadVersion(path: string, module: Uint8Array, place: Place, isWanted: () => boolean): Promise<void> {
    this.#refuseClosed()
    this.#loads += 1
    const load = this.#loads
    const loaded = await loadBytes(module, path, this.#limits, this.#cache)
    const plugin = handleOf(loaded)
    if (!isWanted()) {
      plugin.release()
      return
    }
    try {
      this.#add(plugin, loaded, load, place)
    } catch (error) {
      if (!isPluginHostError(error, 'ERR_COMMAND_CONFLICT')) throw error
    }
  }

  /** @internal What there is from a file; undefined for nothing. */
  provided(path: string): Provided | undefined {
    const entry = this.#commands.byPath(path)
    if (entry === undefined) return undefined
    const { digest, manifest, command } = entry
    const serving = this.#commands.serving(path)
    const owner = this.#commands.get(command)
    return {
      digest,
      manifest,
      ...(serving === undefined ? {} : { serving }),
      ...(owner === undefined || owner === entry ? {} : { conflict: conflictError(entry, owner) }),
    }
  }

  /** @internal Calls `listener` when what files provide has changed; returns what takes that back. */
  follow(listener: RegistryListener): () => void {
    this.#listeners.add(listener)
    if (this.#closed) listener('closed')
    return () => this.#listeners.delete(listener)
  }

  #add(
    plugin: native.Plugin,
    { manifest, digest, path }: LoadedPlugin,
    load: number,
    place?: Place,
  ): PluginManifest {
    this.#refuseClosed()
    // A load of the same file that began later was done sooner.
    const newer = path === undefined ? undefined : this.#commands.byPath(path)
    if (newer !== undefined && newer.load > load) return newer.manifest
    const { name } = manifest.command
    const supportsEffects = plugin.supportsEffects()
    const isPlain = asksForNothing(manifest.capabilities)
    const entry: Entry = {
      command: name,
      identity: Object.freeze({ command: name, digest, ...(path === undefined ? {} : { path }) }),
      path,
      plugin,
      manifest,
      digest,
      supportsEffects,
      isPlain,
      worlds:
        isPlain || !plugin.isWasi()
          ? undefined
          : new PluginWorlds(this.#wasi, this.#executor, plugin, manifest.capabilities, {
              list: this.#permissions.deny,
              refusal: () => this.#permissions.deniedOpened(entry),
            }),
      load,
      revocation: new Revocation(),
      place,
      calls: 0,
      isRetired: false,
    }
    const { removed, conflict, promoted = [], demoted } = this.#commands.add(entry, this.#onConflict)
    for (const gone of removed) {
      // A file's earlier version finishes what it runs; one that lost its command to another does not.
      const isEarlier = gone.path !== undefined && (gone.path === path || gone.place !== undefined)
      if (!isEarlier) revoke(gone)
      this.#retire(gone)
    }
    this.#tell([entry, ...removed, ...promoted, ...(demoted === undefined ? [] : [demoted])])
    const lost = demoted === undefined ? removed : [...removed, demoted]
    for (const gone of lost)
      if (gone.path === undefined || gone.path !== path) this.#permissions.note(gone, 'unloaded')
    if (conflict === undefined) {
      if (newer === undefined) this.#permissions.note(entry, 'loaded')
      else this.#permissions.note(entry, 'reloaded', newer.digest)
    }
    for (const next of promoted) if (next !== entry) this.#permissions.note(next, 'loaded')
    if (conflict !== undefined) throw conflictError(entry, conflict)
    if (path !== undefined && newer !== undefined) {
      publishReload({ registry: this, command: name, path, digest, previousDigest: newer.digest })
    }
    return manifest
  }

  /** Lets a version end what it runs, then gives up its code. */
  #retire(entry: Entry): void {
    entry.isRetired = true
    this.#permissions.forget(entry)
    if (entry.calls > 0) {
      this.#retired.add(entry)
    } else {
      this.#retired.delete(entry)
      entry.plugin.release()
      entry.worlds?.release()
      if (this.#retired.size === 0) for (const settled of this.#closing.splice(0)) settled()
    }
  }

  #unload(entry: Entry): void {
    const { removed, promoted = [] } = this.#commands.remove(entry)
    for (const gone of removed) {
      revoke(gone)
      this.#retire(gone)
      this.#permissions.note(gone, 'unloaded')
    }
    for (const next of promoted) this.#permissions.note(next, 'loaded')
    this.#tell([...removed, ...promoted])
  }

  #tell(entries: readonly Entry[]): void {
    if (this.#listeners.size === 0) return
    const paths = [...new Set(entries.map(({ path }) => path).filter(path => path !== undefined))]
    for (const listener of [...this.#listeners]) listener({ paths })
  }

  /** The entry of a command. */
  #find(command: string): Entry {
    this.#refuseClosed()
    if (typeof command !== 'string') throw invalidArgument('command', 'must be a string')
    const entry = this.#commands.get(command)
    if (entry === undefined) throw notFound(command, this.#commands.suggestions(command))
    return entry
  }

  /** What those who listen are told of a call. */
  #trace({ command, digest, path, manifest }: Entry, args: readonly string[], sync: boolean): ExecuteTrace {
    const { version } = manifest.command
    return {
      registry: this,
      command,
      digest,
      ...(path === undefined ? {} : { path }),
      ...(version === undefined ? {} : { version }),
      argCount: args.length,
      sync,
    }
  }

  /** Notes that an execution is over, with its answer if there is one. */
  #ended(entry: Entry, answer: Answer | undefined): void {
    if (answer === undefined) this.#executions.faulted += 1
    else this.#executions.answered(answer)
    this.#leave(entry)
  }

  /** Notes that a call is over. */
  #leave(entry: Entry): void {
    entry.calls -= 1
    if (entry.isRetired) this.#retire(entry)
  }

  /** Runs a call on this thread. */
  #executeHere(
    entry: Entry,
    args: string[],
    limits: CheckedLimits,
    signal: AbortSignal | undefined,
    stdin: Uint8Array | undefined,
  ): Answer {
    const granted = entry.isPlain ? NO_CAPABILITIES : this.#permissions.decideSync(entry, args)
    const world = entry.worlds?.worldSync(granted, stdin)
    this.#executions.total += 1
    try {
      const run = () => {
        // Whoever decided, recorded or listened may have ended the call, or the plugin.
        refuseStopped(signal, entry.revocation)
        return this.#wasi.settle(runSync(entry, args, limits, world))
      }
      const answer = executionsAreTraced() ? traceExecuteSync(this.#trace(entry, args, true), run) : run()
      this.#executions.answered(answer)
      return answer
    } catch (error) {
      this.#executions.faulted += 1
      this.#wasi.settleFailure(error)
      throw error
    } finally {
      world?.release()
    }
  }

  /**
   * Settles what a call may use: at once, where that is decided already and all of it is open. What
   * a plugin asks for is opened before anybody is asked.
   */
  #allow(entry: Entry, call: Call, stdin: Uint8Array | undefined): void | Promise<void> {
    const { worlds } = entry
    if (worlds !== undefined && !worlds.areOpen) return this.#allowLater(entry, call, stdin)
    const decided = this.#permissions.decide(entry, call.args, call.signal, entry.revocation)
    if (decided instanceof Promise) return this.#allowDecided(entry, call, stdin, decided)
    call.grant = decided
    return this.#openWorld(entry, call, stdin)
  }

  async #allowLater(entry: Entry, call: Call, stdin: Uint8Array | undefined): Promise<void> {
    // Opening takes as long as the file system does.
    await interruptible(call.signal, entry.revocation, () => entry.worlds?.open())
    const decided = this.#permissions.decide(entry, call.args, call.signal, entry.revocation)
    await this.#allowDecided(entry, call, stdin, decided)
  }

  async #allowDecided(
    entry: Entry,
    call: Call,
    stdin: Uint8Array | undefined,
    decided: Capabilities | Promise<Capabilities>,
  ): Promise<void> {
    const { workingDirectory } = this.#wasi
    call.grant = await decided
    // What was decided about relative paths, maybe by a person, was about where they led then.
    if (workingDirectory !== this.#wasi.workingDirectory) return await this.#allowLater(entry, call, stdin)
    await this.#openWorld(entry, call, stdin)
  }

  /** Opens what was granted, which takes as long as the file system does. */
  #openWorld(entry: Entry, call: Call, stdin: Uint8Array | undefined): void | Promise<void> {
    const { worlds, revocation } = entry
    if (worlds === undefined) return
    let opening: World | Promise<World> | undefined
    const opened = interruptible(call.signal, revocation, () => {
      opening = worlds.world(call.grant, stdin)
      return opening
    })
    if (opened instanceof Promise) return this.#opened(call, opened, opening)
    call.world = opened
  }

  async #opened(
    call: Call,
    opened: Promise<World>,
    opening: World | Promise<World> | undefined,
  ): Promise<void> {
    try {
      call.world = await opened
    } catch (error) {
      // What is opened after all is nobody's.
      if (opening instanceof Promise) opening.then(world => world.release(), ignore)
      throw error
    }
  }

  /** Waits until what this execution, which has ended or waits for its caller, wrote has been passed on. */
  async #passedOn({ revocation }: Entry, signal: AbortSignal | undefined): Promise<void> {
    await interruptible(signal, revocation, () => this.#wasi.passedOn())
  }

  /** Begins an execution. Most have no signal, and are done by the time they have begun. */
  #begin(entry: Entry, call: Call): Answer | SuspendedExecution | Promise<Answer | SuspendedExecution> {
    const { plugin, revocation } = entry
    const { args, signal, limits, world } = call
    entry.execute ??= this.#executor.callsOf(plugin, revocation.interrupt)
    const { execute } = entry
    const begun = interruptible(signal, revocation, interrupt =>
      execute(args, limits.native, interrupt, world?.native),
    )
    if (begun instanceof Promise) return this.#finish(entry, call, begun)
    const outcome = answered(begun)
    return outcome.type === 'effect' ? this.#converse(entry, call, outcome) : outcome
  }

  /** Waits for an execution that has begun, and for what follows from it. */
  async #finish(
    entry: Entry,
    call: Call,
    begun: Promise<native.Outcome>,
  ): Promise<Answer | SuspendedExecution> {
    const outcome = answered(await begun)
    return outcome.type === 'effect' ? await this.#converse(entry, call, outcome) : outcome
  }

  /** Goes on with an execution that asks for an effect: to its end, or as far as its caller says. */
  #converse(
    entry: Entry,
    { signal, limits, grant, world }: Call,
    first: native.Outcome & { type: 'effect' },
  ): Promise<Answer> | SuspendedExecution {
    const { supportsEffects, revocation, identity } = entry
    const maxEffects = limits.maxEffects ?? this.#limits.maxEffects ?? DEFAULT_MAX_EFFECTS
    const conversation = new Conversation(first, {
      executor: this.#executor,
      supportsEffects,
      revocation,
      limits: limits.native,
      maxEffects,
    })
    if (this.#broker === undefined) return this.#suspend(entry, conversation, world !== undefined)
    return converse(conversation, { broker: this.#broker, plugin: identity, grant, revocation, signal })
  }

  /** Leaves an execution to its caller. */
  #suspend(entry: Entry, conversation: Conversation, writes: boolean): SuspendedExecution {
    if (this.#suspended >= MAX_SUSPENDED) {
      conversation.close()
      const message = `${MAX_SUSPENDED} executions wait for their callers already: resume or close them`
      throw new PluginHostError('ERR_BUSY', message, { limit: MAX_SUSPENDED, usage: conversation.usage })
    }
    this.#suspended += 1
    return new SuspendedExecution(conversation, {
      revocation: entry.revocation,
      passedOn: async signal => {
        if (writes) await this.#passedOn(entry, signal)
      },
      onEnd: answer => {
        this.#suspended -= 1
        this.#ended(entry, answer)
      },
    })
  }

  #refuseClosed(): void {
    if (this.#closed) throw closedError()
  }
}

/** Runs an execution on this thread, with no effects. */
function runSync(entry: Entry, args: string[], limits: CheckedLimits, world: World | undefined): Answer {
  entry.executeSync ??= entry.plugin.syncCalls(entry.revocation.interrupt)
  const outcome = answered(whole(entry.executeSync(brief(args), receipt, limits.native, world?.native)))
  if (outcome.type !== 'effect') return outcome
  outcome.instance?.close()
  throw tooManyEffects(0, outcome.usage)
}

function checkExecuteOptions(options: ExecuteOptions | undefined): {
  signal: AbortSignal | undefined
  limits: CheckedLimits
  stdin: Uint8Array | undefined
} {
  const { signal, limits, stdin } = checkOptions(options, 'options', ['signal', 'limits', 'stdin'])
  if (stdin !== undefined && typeof stdin !== 'string' && !(stdin instanceof Uint8Array)) {
    throw invalidArgument('options.stdin', 'must be a string or a Uint8Array')
  }
  return {
    signal: checkSignal(signal),
    limits: checkLimits(limits, 'options.limits'),
    stdin: typeof stdin === 'string' ? Buffer.from(stdin) : stdin,
  }
}

function ignore(): void {}

function revoke({ command, revocation }: Entry): void {
  revocation.revoke(
    'unloaded',
    () => new PluginHostError('ERR_UNLOADED', `the plugin of ${command} was unloaded`, {}),
  )
}

function conflictError({ command, path }: Entry, owner: Entry): PluginHostError<'ERR_COMMAND_CONFLICT'> {
  const details = {
    command,
    ...(path === undefined ? {} : { path }),
    ...(owner.path === undefined ? {} : { owner: owner.path }),
  }
  const message = `the command ${command} is already provided by ${owner.path ?? 'another plugin'}: unload that first, or rename one of them`
  return new PluginHostError('ERR_COMMAND_CONFLICT', message, details)
}

function closedError(): PluginHostError<'ERR_CLOSED'> {
  return new PluginHostError('ERR_CLOSED', 'the registry was closed', {})
}

function notFound(command: string, suggestions: string[]): PluginHostError<'ERR_COMMAND_NOT_FOUND'> {
  const hint = suggestions.length === 0 ? '' : `. Did you mean ${suggestions.join(' or ')}?`
  const message = `there is no command ${JSON.stringify(command)}${hint}`
  return new PluginHostError('ERR_COMMAND_NOT_FOUND', message, { command, suggestions })
}
