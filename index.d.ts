// Generated from crates/node by npm run build:addon. Not to be edited.

/**
 * A cache of compiled modules. See the host's `CompileCache`.
 *
 * The directory is opened by the first load, on its thread: a slow disk holds up no event loop.
 * One that cannot be used is no exception: loads go on without it, and `stats` says why.
 */
export declare class CompileCache {
  /** The process's cache in a directory, which is opened later. */
  constructor(directory: string)
  /**
   * What came of this process's lookups and stores. Opens nothing: of a cache that nothing has
   * been loaded with yet, it is not known whether it can be used.
   */
  stats(): CacheStats
  /** The entries, sorted by name. Reads all of them, on this thread: for the command line. */
  list(): Array<CacheEntry>
  /**
   * Authenticates all entries and deletes those that fail, on this thread: for the command
   * line.
   */
  verify(): CacheVerification
  /** Deletes all entries, on this thread: for the command line. Returns how many there were. */
  clear(): number
}

/**
 * Says when something may have changed in directories. See the host's `Watch`.
 *
 * Does not keep the process alive.
 */
export declare class DirectoryWatch {
  /**
   * `onSignal` is called on the event loop when there is something to take, once until it has
   * been. Returns the reason where the system cannot watch.
   */
  static open(onSignal: () => void): DirectoryWatch | string
  /**
   * Watches these directories and no others. Returns the reason where the system has no room
   * for all of them.
   */
  set(directories: Array<WatchedDirectory>): string | null
  /** What may have changed since this was last asked. */
  take(): WatchSignals
  /** Ends it, with its thread and descriptors. Idempotent. */
  close(): void
}

/**
 * Runs work on threads of the host's, first in first out, and tells JavaScript of each piece by
 * the ticket that it was given. See the host's `Executor`.
 *
 * Does not keep the process alive: whoever waits for a ticket does.
 */
export declare class Executor {
  /** `onSettled` is called once for each ticket, on the event loop. */
  constructor(options: ExecutorOptions, onSettled: (ticket: number, settled: Outcome | Plugin | Grant | CannotOpen) => void)
  /**
   * Compiles and checks a module, or takes it from the cache: for executions, which should
   * begin soon, or for a live instance. Settles with a `Plugin` or a fault.
   */
  load(ticket: number, module: Uint8Array, limits: LimitOverrides | undefined | null, cache: CompileCache | undefined | null, forLiveInstance: boolean): void
  /**
   * What executes a plugin on a pristine instance, until `owner` is triggered. It begins on the
   * calling thread, for at most `sliceMs` milliseconds: an execution that is done by then is
   * returned, and its ticket never settled. What is not goes on on the executor's threads; with
   * 0, it begins there. A success is returned as by `Plugin.syncCalls`.
   */
  callsOf(plugin: Plugin, owner?: Interrupt | undefined | null): (ticket: number, sliceMs: number, args: string | string[], receipt: Float64Array, limits?: LimitOverrides, call?: Interrupt, world?: World) => string | Outcome | null
  /**
   * Opens what these capabilities name, as `Grant.open` does, or with `opened` as its `narrow`.
   * Settles with a `Grant` or with why it cannot be.
   */
  openGrant(ticket: number, plugin: Plugin, capabilities: Capabilities, surroundings: Surroundings, deny: Capabilities, opened?: Grant | undefined | null): void
  /** Opens what can be opened of them, as `Grant.openAhead` does. Settles with a `Grant`. */
  openGrantAhead(ticket: number, plugin: Plugin, capabilities: Capabilities, surroundings: Surroundings, earlier?: Grant | undefined | null): void
  /** How the executor is doing now. */
  stats(): ExecutorStats
  /** Lets idle threads end at once. */
  retire(): void
  /** What executes on a live instance, as that of `callsOf` does on pristine ones. */
  callsOn(instance: Instance): (ticket: number, sliceMs: number, args: string | string[], receipt: Float64Array, limits?: LimitOverrides, call?: Interrupt) => string | Outcome | null
  /** Hands the result of an effect to the instance that asked for it, as the function of `callsOn` does. */
  resume(ticket: number, instance: Instance, effectId: number, result: EffectResult, receipt: Float64Array, limits: LimitOverrides | undefined | null, call: Interrupt | undefined | null, sliceMs: number): string | Outcome | null
}

/**
 * A lock that one holder at a time has, in whatever process. The system gives it back when the
 * process ends, however it does, so that there is nothing stale to be found.
 */
export declare class FileLock {
  /** Gives the lock back. Idempotent. */
  release(): void
}

/** What one plugin may reach, opened. See the host's `Grant`. */
export declare class Grant {
  /**
   * Opens what these capabilities name, on this thread, for this plugin, and compares it with a
   * deny list.
   */
  static open(plugin: Plugin, capabilities: Capabilities, surroundings: Surroundings, deny: Capabilities): Grant | CannotOpen
  /** Opens what can be opened of them, on this thread, before anybody decides about them. */
  static openAhead(plugin: Plugin, capabilities: Capabilities, surroundings: Surroundings, earlier?: Grant | undefined | null): Grant
  /**
   * A grant of these capabilities instead, decided about after this one was opened, compared with
   * a deny list.
   */
  narrow(capabilities: Capabilities, surroundings: Surroundings, deny: Capabilities): Grant | CannotOpen
  /** Whether all directories were there. */
  get isComplete(): boolean
  /**
   * Whether a directory that is open has anything in common with the deny list that it was compared
   * with: see the host's `Grant::meets`.
   */
  get isDenied(): boolean
  /**
   * Closes what was opened once nothing runs with it, without waiting for the garbage collector,
   * which does not know of descriptors. Nothing else can be done with it.
   */
  release(): void
}

/** A live instance of a plugin. See the host's `Instance`. */
export declare class Instance {
  /**
   * What executes on this instance, on the calling thread. Waits for a call that runs on it. The
   * output of a success is returned as it is, its fuel, milliseconds and bytes written to the
   * receipt.
   */
  syncCalls(): (args: string | string[], receipt: Float64Array, limits?: LimitOverrides) => string | Outcome
  /** Resumes this instance, on this thread. Waits for a call that runs on it. */
  resumeSync(effectId: number, result: EffectResult, limits?: LimitOverrides | undefined | null): Outcome
  /** Throws the instance away and stops a call that runs on it. Does not wait. */
  close(): void
}

/** Stops guests from outside. See the host's `Interrupt`. */
export declare class Interrupt {
  /** A handle that has not been triggered. */
  constructor()
  /** Stops what runs under this handle, and what would. The first reason stays. */
  trigger(reason: InterruptReason): void
}

/** Passes on what plugins write, on the event loop. */
export declare class OutputSink {
  /**
   * `onOutput` is called with what was written, and whether to standard error. It tells `unwritten`
   * what it is done with.
   */
  constructor(unwritten: UnwrittenOutput, onOutput: (isStderr: boolean, bytes: Buffer) => void)
  /** Bytes that plugins have written so far. */
  get taken(): number
  /** Bytes that `onOutput` has been called with so far, in the order in which they were written. */
  get handedOver(): number
}

/** A loaded plugin: compiled code and its manifest. See the host's `Plugin`. */
export declare class Plugin {
  /** What the plugin says of itself. Converted at each call: keep it. */
  manifest(): PluginManifest
  /** `blake3:` and the digest of the module's bytes in hexadecimal. */
  digest(): string
  /** Bytes of compiled code, constants and tables for unwinding, in all tiers that there are. */
  codeBytes(): number
  /** Whether the plugin calls preview 1 of WASI, so that a `World` means something to it. */
  isWasi(): boolean
  /** Whether the plugin can be resumed after an effect. */
  supportsEffects(): boolean
  /** The same plugin with these limits over the host's defaults. Nothing is compiled again. */
  withLimits(limits: LimitOverrides): Plugin
  /**
   * Gives up the code and instances that stand by, without waiting for the garbage collector,
   * which does not know how much that is. Executions that have begun go on; nothing else can be
   * done with the plugin.
   */
  release(): void
  /**
   * What executes on a pristine instance, on the calling thread, until `owner` is triggered. The
   * output of a success is returned as it is, its fuel, milliseconds and bytes written to the
   * receipt. Without a `world`, a WASI plugin finds nothing outside of itself.
   */
  syncCalls(owner?: Interrupt | undefined | null): (args: string | string[], receipt: Float64Array, limits?: LimitOverrides, world?: World) => string | Outcome
  /** A live instance, to be made by its first call. */
  instantiate(): Instance
}

/**
 * How much of what plugins wrote is not written yet. Apart from the sink, whose function keeps it:
 * a sink that its own function kept would never be freed.
 */
export declare class UnwrittenOutput {
  constructor()
  /**
   * What `onOutput` was called with, of so many bytes, is written, or lost: there is room for
   * others. To be called once for each time.
   */
  written(bytes: number): void
}

/** What an execution finds outside of itself. See the host's `World`. */
export declare class World {
  /**
   * With a sink, what is written goes there; without one it is captured, or ignored where
   * `capture` says so. `stdin` is what the plugin reads, where that is granted.
   */
  constructor(grant: Grant, capture: boolean, sink?: OutputSink | undefined | null, stdin?: Uint8Array | undefined | null)
  /**
   * Gives up its part of the grant, without waiting for the garbage collector. Executions that
   * have begun go on; nothing else can be done with it.
   */
  release(): void
}

/**
 * Where the path of a pattern leads, by its text. Throws for a pattern that is none, and for
 * directories that are not absolute.
 */
export declare function absolutePath(pattern: string, workingDirectory: string, home: string): string

/** An argument or option of a command. */
export interface ArgSpec {
  name: string
  long?: string
  short?: string
  required: boolean
  help: string
  valueName?: string
  defaultValue?: string
  possibleValues?: Array<string>
}

/** An entry of a cache. What is in it is absent where it fails authentication. */
export interface CacheEntry {
  name: string
  bytes: number
  /** Milliseconds since 1970. */
  lastUsedMs: number
  contents?: CacheEntryContents
}

/** What an authentic entry holds. */
export interface CacheEntryContents {
  /** `blake3:` and the digest of the module in hexadecimal. */
  digest: string
  /** What it was compiled for: a first execution, or many that are short, or that compute much. */
  compiledFor: 'short calls' | 'computation' | 'first executions'
  command?: string
}

/** What came of lookups and stores. */
export interface CacheStats {
  /** Why the cache cannot be used, once that is known. */
  reason?: string
  hits: number
  misses: number
  rejected: number
  stored: number
  evicted: number
  errors: number
}

/** What a check of all entries found. */
export interface CacheVerification {
  valid: number
  removed: number
}

/** A directory that was to be granted could not be opened. */
export interface CannotOpen {
  path: string
  /** The system's number for what happened, where it has one: negative, as Node has it. */
  errno?: number
  /** What happened, where the system has no number for it. */
  reason: string
}

/** What a plugin asks for, or is granted. */
export interface Capabilities {
  fsRead: Array<PathPattern>
  fsWrite: Array<PathPattern>
  envRead: Array<string>
  net: Array<NetPattern>
  stdio: StdioCapability
}

/**
 * Whether a grant allows to contact a host at a port. See the protocol's
 * `Capabilities::allows_net`.
 */
export declare function capabilitiesAllowNet(grant: Capabilities, protocol: 'https' | 'http' | 'tcp', host: string, port: number): boolean

/** What both a grant and a request allow, as it was requested, or granted where only part of it was. */
export declare function capabilitiesCommon(grant: Capabilities, request: Capabilities): Capabilities

/** Whether a grant covers everything in a request. See the protocol's `Capabilities::covers`. */
export declare function capabilitiesCover(grant: Capabilities, request: Capabilities): boolean

/**
 * Identifies capabilities however they are spelled and ordered: `blake3:` and 64 hexadecimal
 * digits.
 */
export declare function capabilitiesHash(capabilities: Capabilities): string

/** What is wrong with capabilities; nothing for those that are right. */
export declare function capabilitiesInvalid(capabilities: Capabilities): InvalidCapabilities | null

/** What of a request a grant does not cover, as it was requested. */
export declare function capabilitiesMissing(grant: Capabilities, request: Capabilities): Capabilities

/** The same capabilities in their one canonical spelling. */
export declare function capabilitiesNormalized(capabilities: Capabilities): Capabilities

/**
 * What of a request has anything in common with a deny list. Throws for directories that are not
 * absolute.
 */
export declare function capabilitiesOverlapping(deny: Capabilities, request: Capabilities, workingDirectory: string, home: string): Capabilities

/**
 * What paths of capabilities start from, besides the root. See the protocol's
 * `Capabilities::starts_from`.
 */
export declare function capabilitiesStartFrom(capabilities: Capabilities): StartsFrom

/** A command and its subcommands. */
export interface CommandSpec {
  name: string
  about: string
  version?: string
  author?: string
  args: Array<ArgSpec>
  subcommands: Array<CommandSpec>
}

/** What a guest asks the host to do. */
export type Effect =
  | { type: 'httpGet'; id: number; url: string; headers: Array<[string, string]> }
  | { type: 'httpPost'; id: number; url: string; body: string; contentType?: string; headers: Array<[string, string]> }
  | { type: 'sleep'; id: number; durationMs: number }

/** What came of an effect. */
export type EffectResult =
  | { type: 'http'; status: number; body: string; headers: Array<[string, string]> }
  | { type: 'sleepComplete' }
  | { type: 'error'; message: string }

/** How many run at once, and how many may wait. */
export interface ExecutorOptions {
  /** Default: what the machine can run at once. */
  concurrency?: number
  /** Default: 16,384. */
  queueLimit?: number
}

/** How an executor is doing. */
export interface ExecutorStats {
  /** Pieces of work that wait for a thread. */
  waiting: number
  /** Pieces of work that run on a thread. */
  running: number
  /** Threads that there are now. */
  threads: number
}

/**
 * Says how many executions this process will have begun at most at the same time, before anything
 * is loaded. See the host's `expect_executions`.
 */
export declare function expectExecutions(atOnce: number): void

/** The context of a fault: which fields are there depends on its code. */
export interface FaultDetails {
  import?: string
  export?: string
  /** A version for `ERR_API_VERSION`. */
  expected?: number
  /** A version for `ERR_API_VERSION`, a figure for what is too large. */
  actual?: number
  what?: string
  field?: string
  ptr?: number
  len?: number
  /** A bigint for fuel, a number for everything else. */
  limit?: number | bigint
  timeoutMs?: number
  trap?: string
  function?: string
  backtrace?: Array<Frame>
  usage?: Usage
  /** What the guest had written by then, where that is captured. */
  stdout?: string
  /** As `stdout`. */
  stderr?: string
}

/** A call of a guest's backtrace. */
export interface Frame {
  /** The function's name, where the module's name section has it. */
  function?: string
  /** The function's index in the module. */
  index: number
  /** Offset of the instruction in the module's bytes, where known. */
  offset?: number
}

/** Why guests are to stop. */
export type InterruptReason = 'aborted' | 'unloaded' | 'closed'

/** What is wrong with capabilities. */
export interface InvalidCapabilities {
  /** The first field that breaks a rule, as `fsRead[2].pattern`. */
  field: string
  /** What is wrong with it; continues a sentence that begins with the field. */
  reason: string
}

/** Limits that differ from those they are applied to. TypeScript has checked types and ranges. */
export interface LimitOverrides {
  fuel?: bigint
  memoryBytes?: number
  tableElements?: number
  timeoutMs?: number
  resultBytes?: number
}

/**
 * `blake3:` and the digest of a module's bytes in hexadecimal, as a plugin that is loaded from
 * them has it.
 */
export declare function moduleDigest(module: Uint8Array): string

/** Hosts on the network. */
export interface NetPattern {
  host: string
  port?: number
  protocol: 'https' | 'http' | 'tcp'
}

/** How a call into a guest ended. */
export type Outcome =
  | { type: 'success'; output: string; usage: Usage; stdout?: string; stderr?: string }
  | { type: 'error'; code: number; message: string; usage: Usage; stdout?: string; stderr?: string }
  | { type: 'effect'; effect: Effect; usage: Usage; instance?: Instance }
  | { type: 'fault'; code: string; message: string; details: FaultDetails }

/** A directory or file. */
export interface PathPattern {
  pattern: string
  recursive: boolean
}

/** What a plugin says of itself. */
export interface PluginManifest {
  apiVersion: number
  command: CommandSpec
  capabilities: Capabilities
}

/** What the process holds for guests at the moment; nothing where guests cannot run at all. */
export declare function processStats(): ProcessStats | null

/** What the process holds for guests at the moment, all registries together. See the host's `Stats`. */
export interface ProcessStats {
  /** Instances that execute, or wait for the result of an effect or for code. */
  executing: number
  /** Live instances that have been made. */
  live: number
  /** Instances that are asked for their manifest. */
  loading: number
  /** Pristine instances that stand by for executions. */
  warm: number
  /** Bytes that the linear memories of all these have together. */
  memoryBytes: number
  /** `pooling` or `on-demand`. */
  allocation: 'pooling' | 'on-demand'
}

/** Which directories it depends on what paths mean. */
export interface StartsFrom {
  workingDirectory: boolean
  home: boolean
}

/** The standard streams. */
export interface StdioCapability {
  stdin: boolean
  stdout: boolean
  stderr: boolean
}

/** Where patterns lead, and the environment that variables are taken from. */
export interface Surroundings {
  /** Absolute. */
  workingDirectory: string
  /** Absolute; without one, patterns starting with `~/` lead nowhere. */
  home?: string
  environment: Array<[string, string]>
}

/**
 * The lock on a file, unless somebody has it. The file is made if it is not there, and stays.
 * Does not wait. Its directory is the caller's to check.
 */
export declare function tryLockFile(path: string): FileLock | null

/** What a call into a guest used. */
export interface Usage {
  fuelConsumed: bigint
  durationMs: number
  peakMemoryBytes: number
  /** Effects that were carried out: counted by whoever carries them out, hence 0 here. */
  effects: number
}

/**
 * The version of the package that this addon was built for. Others are refused: they would be
 * asked for what they do not know.
 */
export declare const VERSION: string

/** A directory to be watched. See the host's `WatchedDirectory`. */
export interface WatchedDirectory {
  /** Absolute, without symbolic links. */
  path: string
  /** Tells it from another directory that takes its place. */
  identity: string
  /** Whether entries whose names end in `.wasm` matter. */
  modules: boolean
  /** Names of other entries that matter. */
  names: Array<string>
}

/** What may have changed since signals were last taken. */
export interface WatchSignals {
  /** Entries of watched directories, and such directories themselves. */
  paths: Array<string>
  /** Whether anything may have changed. */
  everything: boolean
}
