import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { getSystemErrorName } from 'node:util'
import type { Anchors } from './capabilities.js'
import { invalidArgument, isPluginHostError } from './errors.js'
import type { Executor } from './executor.js'
import { inert } from './inert.js'
import type { Capabilities } from './manifest.js'
import * as addon from './native.js'
import { checkOneOf, checkOptions } from './options.js'

/** What WASI plugins find outside of themselves, as far as it is granted to them. */
export interface WasiOptions {
  /** Where relative patterns start from. Default: the process's working directory, at the time. */
  readonly workingDirectory?: string
  /** The variables that grants of `envRead` take from. Default: those of the process, at the time. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Where standard streams lead. `capture` (the default) returns what is written as `stdout` and
   * `stderr` of the result, each within `limits.resultBytes`, and reads `stdin` of the call's
   * options. `inherit` passes on what is written to the process's own streams, made inert where
   * that is a terminal, and reads the process's input. `ignore` throws away what is written.
   */
  readonly stdio?: 'capture' | 'inherit' | 'ignore'
}

/** @internal What a registry's WASI plugins are given: checked options, and what is made of them. */
export class Wasi {
  readonly #workingDirectory: string | undefined
  readonly #env: Readonly<Record<string, string | undefined>> | undefined
  readonly #stdio: 'capture' | 'inherit' | 'ignore'
  #sink: addon.OutputSink | undefined

  constructor(options: WasiOptions | undefined) {
    const { workingDirectory, env, stdio } = checkOptions(options, 'options.wasi', [
      'workingDirectory',
      'env',
      'stdio',
    ])
    if (workingDirectory !== undefined && typeof workingDirectory !== 'string') {
      throw invalidArgument('options.wasi.workingDirectory', 'must be a string')
    }
    if (env !== undefined && (typeof env !== 'object' || env === null)) {
      throw invalidArgument('options.wasi.env', 'must be an object of strings')
    }
    this.#workingDirectory = workingDirectory === undefined ? undefined : resolve(workingDirectory)
    this.#env = env
    this.#stdio =
      stdio === undefined
        ? 'capture'
        : checkOneOf(stdio, 'options.wasi.stdio', ['capture', 'inherit', 'ignore'])
  }

  /** Where relative patterns start from now. */
  get workingDirectory(): string {
    return this.#workingDirectory ?? process.cwd()
  }

  /** Where relative patterns and `~/` lead now. */
  anchors(): Anchors {
    return { workingDirectory: this.workingDirectory, home: homedir() }
  }

  /** Opens what can be opened of what a plugin asks for, before anybody decides about it. */
  async openAhead(
    executor: Executor,
    plugin: addon.Plugin,
    requested: Capabilities,
    earlier: addon.Grant | undefined,
  ): Promise<addon.Grant> {
    return await executor.openGrantAhead(plugin, mutable(requested), this.#surroundings(), earlier)
  }

  /** The same on this thread. */
  openAheadSync(
    plugin: addon.Plugin,
    requested: Capabilities,
    earlier: addon.Grant | undefined,
  ): addon.Grant {
    return addon.native().Grant.openAhead(plugin, mutable(requested), this.#surroundings(), earlier)
  }

  /**
   * Opens what capabilities name, and compares it with a deny list; with `before`, as far as that did not open it
   * already.
   *
   * @throws The system's error for a directory that cannot be opened, with its `path`.
   */
  async open(
    executor: Executor,
    plugin: addon.Plugin,
    capabilities: Capabilities,
    deny: Capabilities,
    before?: addon.Grant,
  ): Promise<addon.Grant> {
    const surroundings = this.#surroundings()
    return opened(
      await executor.openGrant(plugin, mutable(capabilities), surroundings, mutable(deny), before),
    )
  }

  /** The same on this thread: for an execution that the event loop waits for. */
  openSync(
    plugin: addon.Plugin,
    capabilities: Capabilities,
    deny: Capabilities,
    before?: addon.Grant,
  ): addon.Grant {
    const surroundings = this.#surroundings()
    return opened(
      before === undefined
        ? addon.native().Grant.open(plugin, mutable(capabilities), surroundings, mutable(deny))
        : before.narrow(mutable(capabilities), surroundings, mutable(deny)),
    )
  }

  /** What an execution finds with this grant. `blocking`: one that the event loop waits for. */
  world(grant: addon.Grant, stdin: Uint8Array | undefined, blocking: boolean): addon.World {
    const passesOn = this.#stdio === 'inherit' && !blocking
    const captures = this.#stdio === 'capture' || (this.#stdio === 'inherit' && blocking)
    return new (addon.native().World)(grant, captures, passesOn ? this.#ownSink() : undefined, stdin)
  }

  /** Waits until what plugins wrote has been passed on. */
  async passedOn(): Promise<void> {
    while (this.#sink !== undefined && this.#sink.inFlight > 0) await new Promise(setImmediate)
  }

  /** Passes on what an execution wrote that the event loop waited for. */
  settle<T extends { stdout?: string; stderr?: string }>(answer: T): T {
    if (this.#stdio !== 'inherit') return answer
    const { stdout, stderr, ...rest } = answer
    if (stdout) passOn(process.stdout, stdout)
    if (stderr) passOn(process.stderr, stderr)
    return rest as T
  }

  /** Passes on what an execution wrote before it failed that the event loop waited for. */
  settleFailure(error: unknown): void {
    if (this.#stdio !== 'inherit' || !isPluginHostError(error)) return
    const { stdout, stderr } = error.details as { stdout?: string; stderr?: string }
    if (stdout) passOn(process.stdout, stdout)
    if (stderr) passOn(process.stderr, stderr)
  }

  #surroundings(): addon.Surroundings {
    const env = Object.entries(this.#env ?? process.env)
    return {
      ...this.anchors(),
      environment: env.filter((variable): variable is [string, string] => typeof variable[1] === 'string'),
    }
  }

  #ownSink(): addon.OutputSink {
    this.#sink ??= newSink()
    return this.#sink
  }
}

/** @internal What no plugin gets, and the error for a grant that opened some of it. */
export interface Denials {
  readonly list: Capabilities
  refusal(): Error
}

/** What was opened, for these capabilities, where relative patterns started from there. */
interface Opened {
  readonly capabilities: Capabilities
  readonly workingDirectory: string
  readonly grant: addon.Grant
}

/**
 * @internal What the executions of one plugin find outside of themselves. Directories are opened once, before
 * anybody is asked about them, and stay the ones that they were then; in another working directory, relative
 * patterns are others.
 */
export class PluginWorlds {
  readonly #wasi: Wasi
  readonly #executor: Executor
  readonly #plugin: addon.Plugin
  readonly #requested: Capabilities
  readonly #denials: Denials
  /** All that the plugin asks for, where it could be opened. */
  #opening: Opened | undefined
  /** What was granted last, open. */
  #granted: Opened | undefined
  #isReleased = false

  constructor(
    wasi: Wasi,
    executor: Executor,
    plugin: addon.Plugin,
    requested: Capabilities,
    denials: Denials,
  ) {
    this.#wasi = wasi
    this.#executor = executor
    this.#plugin = plugin
    this.#requested = requested
    this.#denials = denials
  }

  /** Whether all that the plugin asks for was there and is open. */
  get areOpen(): boolean {
    return this.#before()?.isComplete === true
  }

  /**
   * Opens what the plugin asks for and is not open yet. Where that fails, `world` says so: for what was granted of
   * it.
   */
  async open(): Promise<void> {
    const [earlier, { workingDirectory }] = [this.#opening, this.#wasi]
    const opening = this.#wasi.openAhead(this.#executor, this.#plugin, this.#requested, this.#before())
    const grant = await opening.catch(() => undefined)
    if (grant === undefined) return
    // Somebody may have been asked by now about what another call has opened: that is what it stays.
    if (this.#opening !== earlier || this.#isReleased) grant.release()
    else this.#reopened({ capabilities: this.#requested, workingDirectory, grant })
  }

  /**
   * What an execution finds that was granted these capabilities: at once, if they are those of the last one. To be
   * released when the execution is over.
   *
   * @throws The system's error for a directory that cannot be opened, with its `path`.
   */
  world(capabilities: Capabilities, stdin: Uint8Array | undefined): addon.World | Promise<addon.World> {
    const grant = this.#current(capabilities)
    return grant === undefined ? this.#worldLater(capabilities, stdin) : this.#wasi.world(grant, stdin, false)
  }

  async #worldLater(capabilities: Capabilities, stdin: Uint8Array | undefined): Promise<addon.World> {
    const { workingDirectory } = this.#wasi
    const { list } = this.#denials
    const grant = await this.#wasi.open(this.#executor, this.#plugin, capabilities, list, this.#before())
    this.#refuseDenied(grant)
    const world = this.#wasi.world(grant, stdin, false)
    if (this.#isReleased) grant.release()
    else this.#keep({ capabilities, workingDirectory, grant })
    return world
  }

  /** As `world`, on this thread: for an execution that the event loop waits for. */
  worldSync(capabilities: Capabilities, stdin: Uint8Array | undefined): addon.World {
    if (!this.areOpen) this.#openSync()
    const current = this.#current(capabilities)
    if (current !== undefined) return this.#wasi.world(current, stdin, true)
    const { workingDirectory } = this.#wasi
    const grant = this.#wasi.openSync(this.#plugin, capabilities, this.#denials.list, this.#before())
    this.#refuseDenied(grant)
    this.#keep({ capabilities, workingDirectory, grant })
    return this.#wasi.world(grant, stdin, true)
  }

  /** Closes what is open once no execution uses it: descriptors are too few to wait for the garbage collector. */
  release(): void {
    this.#isReleased = true
    this.#reopened(undefined)
  }

  #openSync(): void {
    const { workingDirectory } = this.#wasi
    const grant = this.#wasi.openAheadSync(this.#plugin, this.#requested, this.#before())
    this.#reopened({ capabilities: this.#requested, workingDirectory, grant })
  }

  /** Refuses a grant that opened what it must not have. */
  #refuseDenied(grant: addon.Grant): void {
    if (!grant.isDenied) return
    grant.release()
    throw this.#denials.refusal()
  }

  /** What is open of all that the plugin asks for, if that is what it asks for here. */
  #before(): addon.Grant | undefined {
    return this.#isHere(this.#opening) ? this.#opening.grant : undefined
  }

  #current(capabilities: Capabilities): addon.Grant | undefined {
    const granted = this.#granted
    return this.#isHere(granted) && granted.capabilities === capabilities ? granted.grant : undefined
  }

  #isHere(opened: Opened | undefined): opened is Opened {
    return opened?.workingDirectory === this.#wasi.workingDirectory
  }

  #reopened(opening: Opened | undefined): void {
    this.#opening?.grant.release()
    this.#opening = opening
    this.#keep(undefined)
  }

  #keep(granted: Opened | undefined): void {
    this.#granted?.grant.release()
    this.#granted = granted
  }
}

/** Passes on what plugins write, as it comes. */
function newSink(): addon.OutputSink {
  const [stdout, stderr] = [new TextDecoder(), new TextDecoder()]
  const sink: addon.OutputSink = new (addon.native().OutputSink)((isStderr, bytes) => {
    const written = () => sink.written(bytes.length)
    const stream = isStderr ? process.stderr : process.stdout
    // On a terminal text is all there can be; anywhere else bytes stay as they are.
    passOn(
      stream,
      stream.isTTY ? (isStderr ? stderr : stdout).decode(bytes, { stream: true }) : bytes,
      written,
    )
  })
  return sink
}

function passOn(stream: NodeJS.WriteStream, output: string | Uint8Array, written?: () => void): void {
  stream.write(stream.isTTY && typeof output === 'string' ? inert(output) : output, error => {
    written?.()
    // As with `console`: what nobody reads any more ends no program that does not listen for it.
    if (error && stream.listenerCount('error') === 0) stream.once('error', () => {})
  })
}

function opened(grant: addon.Grant | addon.CannotOpen): addon.Grant {
  if (grant instanceof addon.native().Grant) return grant
  const { path, errno, reason } = grant as addon.CannotOpen
  const code = errno === undefined ? 'EIO' : getSystemErrorName(errno)
  const error = new Error(`${code}: a granted directory cannot be opened: ${reason}, open '${path}'`)
  throw Object.assign(error, { code, path, syscall: 'open', ...(errno === undefined ? {} : { errno }) })
}

/** The addon's types know no `readonly`; it copies. */
function mutable(capabilities: Capabilities): addon.Capabilities {
  return capabilities as unknown as addon.Capabilities
}
