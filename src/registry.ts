import { type Cache, type CacheOption, cacheStats, checkCache } from './cache.js'
import { interruptible, Revocation } from './call.js'
import { CommandTable } from './command-table.js'
import {
  type ExecuteTrace,
  executionsAreTraced,
  publishReload,
  traceExecute,
  traceExecuteSync,
} from './diagnostics.js'
import { carryOut } from './effects/broker.js'
import { checkEffectResult } from './effects/result.js'
import { invalidArgument, isPluginHostError, PluginHostError } from './errors.js'
import { Executor } from './executor.js'
import { type CheckedLimits, checkLimits, DEFAULT_MAX_EFFECTS, type Limits } from './limits.js'
import { loadBytes, loadModule, type ModuleSource } from './loader.js'
import { asksForNothing, type PluginManifest } from './manifest.js'
import { modulePath } from './module-path.js'
import type * as native from './native.js'
import { checkArgs, checkInteger, checkOneOf, checkOptions, checkSignal } from './options.js'
import { answered, type ExecuteResult, sum, type Usage } from './outcome.js'
import { handleOf, type LoadedPlugin } from './plugin.js'
import type { CheckedName, CheckedWords, KnownWord } from './plugin-commands.js'
import { receipt, whole } from './receipt.js'
import { ExecutionCount, guestsOfProcess, type RegistryStats } from './stats.js'
import type { Place } from './watch/precedence.js'

export interface PluginRegistryOptions {
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
}

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
  readonly path?: string | undefined
  readonly plugin: native.Plugin
  readonly manifest: PluginManifest
  readonly digest: string
  readonly supportsEffects: boolean
  /** Which of the registry's loads it came from. */
  readonly load: number
  /** Triggered when the plugin is unloaded or the registry closed. */
  readonly revocation: Revocation
  /** Where a watched file stands among others. */
  readonly place?: Place | undefined
  /** Calls that have begun and not ended. */
  calls: number
  /** Whether later calls run another version, or none. */
  isRetired: boolean
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

type Answer = Exclude<ExecuteResult, { type: 'effect' }>

const MAX_QUEUE = 2 ** 32 - 1

/**
 * Plugins as named commands. Every execution gets a pristine instance of its own: nothing of
 * earlier executions is visible to it, and a plugin that failed is none the worse for the next.
 * Executions run in parallel on the host's own threads, off the event loop.
 *
 * By default a plugin can do nothing but compute and sleep: no files, network, environment or
 * standard streams. One that declares that it needs more is loaded, and refused when executed.
 */
export class PluginRegistry {
  readonly #commands = new CommandTable<Entry>()
  readonly #executor: Executor
  readonly #executions = new ExecutionCount()
  readonly #limits: CheckedLimits
  readonly #cache: Cache | undefined
  readonly #onConflict: 'reject' | 'replace'
  /** Earlier versions of files that still run calls. */
  readonly #retired = new Set<Entry>()
  readonly #listeners = new Set<RegistryListener>()
  /** Loads so far: the later of two loads of a file has what it holds now. */
  #loads = 0
  #closed = false

  constructor(options?: PluginRegistryOptions) {
    const { limits, cache, concurrency, queueLimit, onConflict } = checkOptions(options, 'options', [
      'limits',
      'cache',
      'concurrency',
      'queueLimit',
      'onConflict',
    ])
    this.#limits = checkLimits(limits, 'options.limits')
    this.#cache = checkCache(cache, 'options.cache')
    this.#onConflict =
      onConflict === undefined
        ? 'reject'
        : checkOneOf(onConflict, 'options.onConflict', ['reject', 'replace'])
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
   * asks for. What a plugin answers, errors of its own included, is a value. Names and words are
   * checked by the compiler where `PluginCommands` knows them.
   *
   * @throws {PluginHostError} `ERR_COMMAND_NOT_FOUND`; `ERR_PERMISSION_DENIED`; the faults of a
   *   guest; `ERR_BUSY`; `ERR_UNLOADED` and `ERR_CLOSED` when those happen meanwhile. An aborted
   *   call rejects with `signal.reason`.
   */
  async execute<const Name extends string, const Words extends readonly KnownWord<Name>[]>(
    command: CheckedName<Name>,
    args?: CheckedWords<Name, Words>,
    options?: ExecuteOptions,
  ): Promise<Answer>
  async execute(command: string, args: readonly string[] = [], options?: ExecuteOptions): Promise<Answer> {
    const checked = checkArgs(args)
    const { signal, limits } = checkExecuteOptions(options)
    const entry = this.#find(command)
    signal?.throwIfAborted()
    this.#executions.total += 1
    entry.calls += 1
    try {
      const begun = executionsAreTraced()
        ? traceExecute(this.#trace(entry, checked, false), () => this.#begin(entry, checked, signal, limits))
        : this.#begin(entry, checked, signal, limits)
      const answer = begun instanceof Promise ? await begun : begun
      this.#executions.answered(answer)
      return answer
    } catch (error) {
      this.#executions.faulted += 1
      throw error
    } finally {
      entry.calls -= 1
      if (entry.isRetired) this.#retire(entry)
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
    const { signal, limits } = checkExecuteOptions(options)
    const entry = this.#find(command)
    signal?.throwIfAborted()
    this.#executions.total += 1
    try {
      const answer = executionsAreTraced()
        ? traceExecuteSync(this.#trace(entry, checked, true), () => runSync(entry, checked, limits))
        : runSync(entry, checked, limits)
      this.#executions.answered(answer)
      return answer
    } catch (error) {
      this.#executions.faulted += 1
      throw error
    }
  }

  /** The commands, sorted. */
  listCommands(): string[] {
    return this.#commands.owners().map(({ command }) => command)
  }

  hasCommand(command: string): boolean {
    return this.#commands.get(command) !== undefined
  }

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

  /** Stops what runs with `ERR_CLOSED`, and refuses everything from now on. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    const entries = [...this.#commands.entries(), ...this.#retired]
    for (const entry of entries) {
      this.#commands.remove(entry)
      entry.revocation.revoke('closed', closedError)
      this.#retire(entry)
    }
    this.#executor.retire()
    for (const listener of [...this.#listeners]) listener('closed')
  }

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
    const entry: Entry = {
      command: name,
      path,
      plugin,
      manifest,
      digest,
      supportsEffects,
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
    if (conflict !== undefined) throw conflictError(entry, conflict)
    if (path !== undefined && newer !== undefined) {
      publishReload({ registry: this, command: name, path, digest, previousDigest: newer.digest })
    }
    return manifest
  }

  /** Lets a version end what it runs, then gives up its code. */
  #retire(entry: Entry): void {
    entry.isRetired = true
    if (entry.calls > 0) {
      this.#retired.add(entry)
    } else {
      this.#retired.delete(entry)
      entry.plugin.release()
    }
  }

  #unload(entry: Entry): void {
    const { removed, promoted = [] } = this.#commands.remove(entry)
    for (const gone of removed) {
      revoke(gone)
      this.#retire(gone)
    }
    this.#tell([...removed, ...promoted])
  }

  #tell(entries: readonly Entry[]): void {
    if (this.#listeners.size === 0) return
    const paths = [...new Set(entries.map(({ path }) => path).filter(path => path !== undefined))]
    for (const listener of [...this.#listeners]) listener({ paths })
  }

  /** The entry of a command that may be executed. */
  #find(command: string): Entry {
    this.#refuseClosed()
    if (typeof command !== 'string') throw invalidArgument('command', 'must be a string')
    const entry = this.#commands.get(command)
    if (entry === undefined) throw notFound(command, this.#commands.suggestions(command))
    if (!asksForNothing(entry.manifest.capabilities)) throw denied(entry)
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

  /** Begins an execution. Most have no signal, and are done by the time they have begun. */
  #begin(
    entry: Entry,
    args: string[],
    signal: AbortSignal | undefined,
    limits: CheckedLimits,
  ): Answer | Promise<Answer> {
    const { plugin, revocation } = entry
    const begin = (call?: native.Interrupt) =>
      this.#executor.execute(plugin, args, limits.native, revocation.interrupt, call)
    const begun =
      signal === undefined ? begin() : interruptible(signal, revocation, async call => begin(call))
    if (begun instanceof Promise) return this.#finish(entry, begun, signal, limits)
    const outcome = answered(begun)
    return outcome.type === 'effect' ? this.#converse(entry, outcome, signal, limits) : outcome
  }

  /** Waits for an execution that has begun, and for what follows from it. */
  async #finish(
    entry: Entry,
    begun: Promise<native.Outcome>,
    signal: AbortSignal | undefined,
    limits: CheckedLimits,
  ): Promise<Answer> {
    const outcome = answered(await interruptible(signal, entry.revocation, () => begun))
    return outcome.type === 'effect' ? await this.#converse(entry, outcome, signal, limits) : outcome
  }

  /** Carries out effects and resumes the guest that waits for them, until it is done. */
  async #converse(
    { supportsEffects, revocation }: Entry,
    first: native.Outcome & { type: 'effect' },
    signal: AbortSignal | undefined,
    limits: CheckedLimits,
  ): Promise<Answer> {
    const { instance } = first
    if (instance === undefined)
      throw new PluginHostError('ERR_INTERNAL', 'an effect came without its instance', {})
    const maxEffects = limits.maxEffects ?? this.#limits.maxEffects ?? DEFAULT_MAX_EFFECTS
    try {
      let outcome: Exclude<native.Outcome, { type: 'fault' }> = first
      let usage: Usage = first.usage
      while (outcome.type === 'effect') {
        if (!supportsEffects) throw cannotResume()
        if (usage.effects >= maxEffects) throw tooManyEffects(maxEffects, usage)
        const { effect } = outcome
        const result = await interruptible(signal, revocation, () =>
          carryOutUntil(effect, signal, revocation),
        )
        usage = { ...usage, effects: usage.effects + 1 }
        const settled = await interruptible(signal, revocation, async call =>
          this.#executor.resume(instance, effect.id, result, limits.native, call),
        )
        outcome = answered(settled, { earlier: usage })
        usage = sum(usage, outcome.usage)
      }
      return { ...outcome, usage }
    } finally {
      // Whatever ended the conversation: a guest that still runs is stopped, its memory given back.
      instance.close()
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw closedError()
  }
}

/** Runs an execution on this thread, with no effects. */
function runSync({ plugin, revocation }: Entry, args: string[], limits: CheckedLimits): Answer {
  const outcome = answered(whole(plugin.executeSync(args, receipt, limits.native, revocation.interrupt)))
  if (outcome.type !== 'effect') return outcome
  outcome.instance?.close()
  throw tooManyEffects(0, outcome.usage)
}

/** Carries an effect out, and gives it up when the call or the plugin is. */
async function carryOutUntil(
  effect: native.Effect,
  signal: AbortSignal | undefined,
  revocation: Revocation,
): Promise<native.EffectResult> {
  const gone = new AbortController()
  const stopListening = revocation.listen(() => gone.abort())
  try {
    const either = signal === undefined ? gone.signal : AbortSignal.any([signal, gone.signal])
    return checkEffectResult(await carryOut(effect, either), 'result')
  } finally {
    stopListening()
  }
}

function checkExecuteOptions(options: ExecuteOptions | undefined): {
  signal: AbortSignal | undefined
  limits: CheckedLimits
} {
  const { signal, limits, stdin } = checkOptions(options, 'options', ['signal', 'limits', 'stdin'])
  if (stdin !== undefined && typeof stdin !== 'string' && !(stdin instanceof Uint8Array)) {
    throw invalidArgument('options.stdin', 'must be a string or a Uint8Array')
  }
  return { signal: checkSignal(signal), limits: checkLimits(limits, 'options.limits') }
}

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

function denied({ command, manifest: { capabilities } }: Entry): PluginHostError<'ERR_PERMISSION_DENIED'> {
  const reason = 'the plugin asks for capabilities, and this registry grants none'
  return new PluginHostError('ERR_PERMISSION_DENIED', `${command} was refused: ${reason}`, {
    command,
    reason,
    capabilities,
  })
}

function tooManyEffects(limit: number, usage: Usage): PluginHostError<'ERR_TOO_MANY_EFFECTS'> {
  const message =
    limit === 0
      ? 'the plugin asked for an effect, and this call carries out none: use the asynchronous execute'
      : `the plugin asked for more than ${limit} effects: raise limits.maxEffects if it needs more`
  return new PluginHostError('ERR_TOO_MANY_EFFECTS', message, { limit, usage })
}

function cannotResume(): PluginHostError<'ERR_MISSING_EXPORT'> {
  const message =
    'the plugin asked for an effect but does not export plugin_resume, so it cannot be told the result'
  return new PluginHostError('ERR_MISSING_EXPORT', message, { export: 'plugin_resume' })
}
