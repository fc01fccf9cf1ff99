import type { Executor } from '../executor.js'
import type { Capabilities } from '../manifest.js'
import type * as addon from '../native.js'
import type { Wasi } from '../wasi.js'
import { OpenedGrant } from './opened-grant.js'
import type { World } from './world.js'

/** @internal What no plugin gets, and the error for a grant that opened some of it. */
export interface Denials {
  readonly list: Capabilities
  refusal(): Error
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
  #opening: OpenedGrant | undefined
  /** What was granted last, open. */
  #granted: OpenedGrant | undefined
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
    return this.#here(this.#opening)?.isComplete === true
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
    else this.#reopened(this.#opened(this.#requested, workingDirectory, grant))
  }

  /**
   * What an execution finds that was granted these capabilities: at once, if they are those of the last one. To be
   * released when the execution is over.
   *
   * @throws The system's error for a directory that cannot be opened, with its `path`.
   */
  world(capabilities: Capabilities, stdin: Uint8Array | undefined): World | Promise<World> {
    return this.#current(capabilities)?.world(stdin, false) ?? this.#worldLater(capabilities, stdin)
  }

  async #worldLater(capabilities: Capabilities, stdin: Uint8Array | undefined): Promise<World> {
    const { workingDirectory } = this.#wasi
    const { list } = this.#denials
    const grant = await this.#wasi.open(this.#executor, this.#plugin, capabilities, list, this.#before())
    this.#refuseDenied(grant)
    const granted = this.#opened(capabilities, workingDirectory, grant)
    const world = granted.world(stdin, false)
    if (this.#isReleased) granted.release()
    else this.#keep(granted)
    return world
  }

  /** As `world`, on this thread: for an execution that the event loop waits for. */
  worldSync(capabilities: Capabilities, stdin: Uint8Array | undefined): World {
    if (!this.areOpen) this.#openSync()
    const current = this.#current(capabilities)
    if (current !== undefined) return current.world(stdin, true)
    const { workingDirectory } = this.#wasi
    const grant = this.#wasi.openSync(this.#plugin, capabilities, this.#denials.list, this.#before())
    this.#refuseDenied(grant)
    const granted = this.#opened(capabilities, workingDirectory, grant)
    this.#keep(granted)
    return granted.world(stdin, true)
  }

  /** Closes what is open once no execution uses it: descriptors are too few to wait for the garbage collector. */
  release(): void {
    this.#isReleased = true
    this.#reopened(undefined)
  }

  #openSync(): void {
    const { workingDirectory } = this.#wasi
    const grant = this.#wasi.openAheadSync(this.#plugin, this.#requested, this.#before())
    this.#reopened(this.#opened(this.#requested, workingDirectory, grant))
  }

  /** Refuses a grant that opened what it must not have. */
  #refuseDenied(grant: addon.Grant): void {
    if (!grant.isDenied) return
    grant.release()
    throw this.#denials.refusal()
  }

  #opened(capabilities: Capabilities, workingDirectory: string, grant: addon.Grant): OpenedGrant {
    return new OpenedGrant(this.#wasi, capabilities, workingDirectory, grant)
  }

  /** What is open of all that the plugin asks for, if that is what it asks for here. */
  #before(): addon.Grant | undefined {
    return this.#here(this.#opening)?.grant
  }

  #current(capabilities: Capabilities): OpenedGrant | undefined {
    const granted = this.#here(this.#granted)
    return granted?.capabilities === capabilities ? granted : undefined
  }

  #here(opened: OpenedGrant | undefined): OpenedGrant | undefined {
    return opened?.workingDirectory === this.#wasi.workingDirectory ? opened : undefined
  }

  #reopened(opening: OpenedGrant | undefined): void {
    this.#opening?.release()
    this.#opening = opening
    this.#keep(undefined)
  }

  #keep(granted: OpenedGrant | undefined): void {
    this.#granted?.release()
    this.#granted = granted
  }
}
