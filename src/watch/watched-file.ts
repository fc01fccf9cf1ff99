import type { EffectsOption } from '../effects/options.js'
import { isPluginHostError, type PluginHostError } from '../errors.js'
import { readModuleFile } from '../module-file.js'
import { native } from '../native.js'
import type { PluginRegistry, Provided } from '../registry.js'
import { unreadable } from '../scanner.js'
import { metadataAt } from './directory.js'
import type { HotReloadEvent } from './events.js'
import { FileState, type Timing } from './file-state.js'
import type { Gate } from './gate.js'
import { ageMs, type Metadata } from './metadata.js'
import type { Place } from './precedence.js'

/** What the files of one watcher share. */
export interface Shared {
  readonly registry: PluginRegistry<EffectsOption>
  readonly timing: Timing
  /** Bounds how many files are read and loaded at once. */
  readonly gate: Gate
  /** Whether changes are only seen by looking. */
  readonly isPolling: boolean
  /** Whether the first scan goes on: what has come of it is said at its end. */
  readonly isStarting: boolean
  readonly isClosed: boolean
  emit(event: HotReloadEvent): void
  /** Something in the watcher itself went wrong, or its registry was closed. */
  onFault(error: unknown): void
}

interface Failure {
  readonly error: PluginHostError
  /** Of the bytes that could not be loaded; absent where they could not be read. */
  readonly digest?: string
  readonly durationMs: number
}

/** Modules newer than this when they are read may change without their times changing: some file systems count in two seconds. */
const COARSE_MS = 2000

/** One file: has done what its state says, and says what has come of it. One thing at a time. */
export class WatchedFile {
  readonly path: string
  readonly place: Place
  readonly #shared: Shared
  readonly #state: FileState<Failure>
  #timer: NodeJS.Timeout | undefined
  #work: Promise<void> | undefined
  /** The version that is known to serve. */
  #announced: Provided['serving']
  /** The version of which it is known that its command is taken. */
  #conflicting: string | undefined
  /** What could not be loaded, until something else is there. */
  #failure: Failure | undefined
  /** Whether the failure is known. */
  #isReported = false
  /** Whether the file has been taken as it is, and is no concern of ours until it changes. */
  #isIgnored = false
  /** Whether it may have changed since without its times saying so. */
  #isRacy = false
  #durationMs: number | undefined
  #onSettled: (() => void)[] = []

  constructor(path: string, place: Place, shared: Shared) {
    this.path = path
    this.place = place
    this.#shared = shared
    this.#state = new FileState(shared.timing)
  }

  /** Found by the first scan, which waits for nothing. */
  found(metadata: Metadata): void {
    this.#state.found(metadata, now() - ageMs(metadata, Date.now()))
  }

  /** Found by a first scan that loads nothing. */
  ignore(metadata: Metadata): void {
    this.#isIgnored = true
    this.#state.ignore(metadata)
    this.#announced = this.#shared.registry.provided(this.path)?.serving
  }

  /** Somebody looked; undefined where there is no file. */
  seen(metadata: Metadata | undefined): void {
    this.#state.seen(now(), metadata)
    this.advance()
  }

  /** Something was done to it. */
  touched(): void {
    this.#state.touched(now())
    this.advance()
  }

  /** Whether there is nothing there, nor anything to be said about it. */
  get isGone(): boolean {
    return this.#state.isSettled && this.#state.metadata === undefined
  }

  /** Compares with the registry, and tries again what may have got better by itself. */
  reconcile(): void {
    if (!this.#state.isSettled || this.#state.metadata === undefined || this.#isIgnored) return
    const isUnreadable = this.#failure !== undefined && this.#failure.digest === undefined
    const isMissing = this.#failure === undefined && this.#shared.registry.provided(this.path) === undefined
    const isRacy = this.#isRacy && this.#shared.isPolling
    if (isUnreadable || isMissing || isRacy) {
      this.#isRacy = false
      this.touched()
    }
  }

  /** The registry has more or less from this file than before. */
  registryChanged(): void {
    // What is being done says so itself when it is done.
    if (this.#work === undefined) this.announce()
  }

  /** Resolves when the first scan has nothing to wait for here. */
  settled(): Promise<void> {
    return new Promise(resolve => {
      this.#onSettled.push(resolve)
      this.advance()
    })
  }

  /** Does what there is to do, now or when it is time. */
  advance(): void {
    if (this.#work !== undefined || this.#shared.isClosed) return
    clearTimeout(this.#timer)
    const at = now()
    const step = this.#state.next(at)
    if (step.do === 'nothing' || (step.do === 'wait' && !this.#state.isDoubtful)) {
      for (const resolve of this.#onSettled.splice(0)) resolve()
    }
    if (step.do === 'nothing') return
    if (step.do === 'wait') {
      this.#timer = setTimeout(() => this.advance(), Math.ceil(step.until - at))
      this.#timer.unref()
      return
    }
    const work = this.#perform(step.do)
    this.#work = work
      .catch(error => this.#shared.onFault(error))
      .finally(() => {
        this.#work = undefined
        this.advance()
      })
  }

  /** Stops what waits; resolves when nothing is done any more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    for (const resolve of this.#onSettled.splice(0)) resolve()
    await this.#work
  }

  /** Says what the registry has from this file, as far as that is news. */
  announce(): void {
    if (this.#shared.isStarting || this.#shared.isClosed) return
    const provided = this.#shared.registry.provided(this.path)
    const serving = provided?.serving
    const before = this.#announced
    this.#announced = serving
    const { path } = this
    const durationMs = this.#durationMs
    if (serving !== undefined && serving.digest !== before?.digest) {
      this.#shared.emit({
        type: before === undefined ? 'loaded' : 'reloaded',
        path,
        command: serving.command,
        manifest: serving.manifest,
        digest: serving.digest,
        ...(before === undefined ? {} : { previousDigest: before.digest }),
        ...(durationMs === undefined ? {} : { durationMs }),
      })
    }
    if (before !== undefined && provided === undefined) {
      this.#shared.emit({ type: 'unloaded', path, command: before.command, previousDigest: before.digest })
    }
    const error = provided?.conflict
    const conflicting = error === undefined ? undefined : provided?.digest
    const isNews = conflicting !== this.#conflicting
    this.#conflicting = conflicting
    if (error === undefined || provided === undefined || !isNews) return
    const { digest, manifest } = provided
    this.#shared.emit({ type: 'failed', path, command: error.details.command, manifest, digest, error })
  }

  async #perform(what: 'read' | 'unload' | 'report'): Promise<void> {
    if (what === 'report') return this.#report()
    await this.#shared.gate.run(async () => {
      // Others may have been at it while it waited for its turn.
      this.#state.seen(now(), await metadataAt(this.path))
      if (this.#shared.isClosed || this.#state.next(now()).do !== what) return
      this.#state.begin()
      if (what === 'read') await this.#read()
      else await this.#unload()
    })
  }

  async #read(): Promise<void> {
    const { registry } = this.#shared
    const started = now()
    this.#isIgnored = false
    let file: Awaited<ReturnType<typeof readModuleFile>>
    try {
      file = await readModuleFile(this.path)
    } catch (error) {
      if (isMissing(error)) this.#state.moved(now(), undefined)
      else
        this.#failed(this.#state.metadata, { error: asFault(this.path, error), durationMs: now() - started })
      return
    }
    const { module, metadata, isWhole } = file
    if (!isWhole) {
      this.#state.moved(now(), metadata)
      return
    }
    this.#isRacy = ageMs(metadata, Date.now()) < COARSE_MS
    const digest = native().moduleDigest(module)
    if (this.#failure?.digest === digest) {
      // Still what it was: nobody runs it again.
      this.#failed(metadata, this.#failure)
      return
    }
    if (registry.provided(this.path)?.digest !== digest) {
      try {
        await registry.loadVersion(this.path, module, this.place, () => !this.#shared.isClosed)
      } catch (error) {
        if (isPluginHostError(error, 'ERR_CLOSED')) throw error
        this.#failed(metadata, { error: asFault(this.path, error), digest, durationMs: now() - started })
        return
      }
    }
    this.#failure = undefined
    this.#durationMs = now() - started
    this.#state.done(metadata)
    this.announce()
  }

  async #unload(): Promise<void> {
    const { registry } = this.#shared
    this.#failure = undefined
    if (registry.provided(this.path) !== undefined && !this.#isIgnored) await registry.unloadByPath(this.path)
    this.#isIgnored = false
    this.#state.done(undefined)
    this.announce()
  }

  #failed(metadata: Metadata | undefined, failure: Failure): void {
    const isKnown = this.#isReported && isSame(this.#failure, failure)
    this.#failure = failure
    this.#isReported = isKnown
    if (isKnown) this.#state.done(metadata)
    else this.#state.failed(metadata, failure)
  }

  #report(): void {
    const failure = this.#failure
    this.#state.begin()
    this.#state.done(this.#state.metadata)
    if (failure === undefined || this.#isReported) return
    this.#isReported = true
    const { error, digest, durationMs } = failure
    const { path } = this
    const command = this.#announced?.command
    this.#shared.emit({
      type: 'failed',
      path,
      ...(command === undefined ? {} : { command }),
      ...(digest === undefined ? {} : { digest }),
      error,
      durationMs,
    })
  }
}

function now(): number {
  return performance.now()
}

function isSame(a: Failure | undefined, b: Failure): boolean {
  if (a === undefined || a.digest !== b.digest) return false
  return a.digest !== undefined || a.error.message === b.error.message
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ELOOP'
}

function asFault(path: string, error: unknown): PluginHostError {
  return isPluginHostError(error) ? error : unreadable(path, error)
}
