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
import { World } from './wasi/world.js'

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
   *
   * `capture` gives text: where bytes are not UTF-8, they are replaced by U+FFFD. With `inherit`, what `execute` runs is
   * passed on byte for byte. What `executeSync` runs is passed on when it is over, as `capture` has it: as text, and within
   * `limits.resultBytes`. Plugins that write anything else are for `execute`.
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
    if (env !== undefined) checkVariables(env)
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

  /** What executions find with this grant. `blocking`: those that the event loop waits for. */
  world(grant: addon.Grant, stdin: Uint8Array | undefined, blocking: boolean): World {
    const passesOn = this.#stdio === 'inherit' && !blocking
    const captures = this.#stdio === 'capture' || (this.#stdio === 'inherit' && blocking)
    const sink = passesOn ? this.#ownSink() : undefined
    return new World(new (addon.native().World)(grant, captures, sink, stdin))
  }

  /** Waits until what plugins have written so far has been passed on. */
  async passedOn(): Promise<void> {
    const sink = this.#sink
    if (sink === undefined) return
    const { taken } = sink
    while (sink.handedOver < taken) await new Promise(setImmediate)
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

/** A list, or a `Map`, would be an environment with no variables that anybody meant. */
function checkVariables(env: unknown): void {
  if (typeof env !== 'object' || env === null || Symbol.iterator in env)
    throw invalidArgument('options.wasi.env', 'must be an object of strings')
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && typeof value !== 'string')
      throw invalidArgument(`options.wasi.env.${name}`, 'must be a string', 'env')
  }
}

/** Passes on what plugins write, as it comes. */
function newSink(): addon.OutputSink {
  const [stdout, stderr] = [new TextDecoder(), new TextDecoder()]
  const { OutputSink, UnwrittenOutput } = addon.native()
  const unwritten = new UnwrittenOutput()
  return new OutputSink(unwritten, (isStderr, bytes) => {
    const stream = isStderr ? process.stderr : process.stdout
    // On a terminal text is all there can be; anywhere else bytes stay as they are.
    const output = stream.isTTY ? (isStderr ? stderr : stdout).decode(bytes, { stream: true }) : bytes
    passOn(stream, output, () => unwritten.written(bytes.length))
  })
}

/** `onWritten` is called once there is room for more. */
function passOn(stream: NodeJS.WriteStream, output: string | Uint8Array, onWritten = () => {}): void {
  let isWritten = false
  const written = () => {
    if (!isWritten) onWritten()
    isWritten = true
  }
  try {
    const hasRoom = stream.write(
      stream.isTTY && typeof output === 'string' ? inert(output) : output,
      error => {
        written()
        // As with `console`: what nobody reads any more ends no program that does not listen for it.
        if (error && stream.listenerCount('error') === 0) stream.once('error', () => {})
      },
    )
    // Of those who put something else in the place of `write`, to see what is written, few call back.
    if (hasRoom) written()
  } catch {
    // The same.
    written()
  }
}

function opened(grant: addon.Grant | addon.CannotOpen): addon.Grant {
  if (!('reason' in grant)) return grant
  const { path, errno, reason } = grant
  const code = errno === undefined ? 'EIO' : getSystemErrorName(errno)
  const error = new Error(`${code}: a granted directory cannot be opened: ${reason}, open '${path}'`)
  throw Object.assign(error, { code, path, syscall: 'open', ...(errno === undefined ? {} : { errno }) })
}

/** The addon's types know no `readonly`; it copies. */
function mutable(capabilities: Capabilities): addon.Capabilities {
  return capabilities as unknown as addon.Capabilities
}
