import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { EffectFailure } from './effects/failure.js'
import type { EffectsOption } from './effects/options.js'
import type { SuspendedExecution } from './effects/suspended.js'
import { isPluginHostError } from './errors.js'
import type { Effect, EffectResult, ExecuteResult, Usage } from './outcome.js'
import type { LoadedPlugin } from './plugin.js'
import type { PluginRegistry } from './registry.js'

/** @inline */
type Answer = Exclude<ExecuteResult, { type: 'effect' }>
type Executed = Answer | SuspendedExecution

/**
 * A call of a registry's command, on the tracing channel `sen-plugin-host:execute`: one object from
 * its first event to its last. Of `execute`, `start` and `end` enclose what happens at once, and
 * `asyncEnd` is the last event; of `executeSync`, `end` is. A call is published once its command is
 * found and allowed to run: exactly those that `RegistryStats` counts.
 *
 * The arguments are not here, since they may be secret; what the plugin answered is.
 */
export interface ExecuteTrace {
  /** Whose command was called. */
  readonly registry: PluginRegistry<EffectsOption>
  /** As it was called. */
  readonly command: string
  /** The plugin's digest, as `LoadedPlugin` has it. */
  readonly digest: string
  /** The file that the plugin was read from, absolute; absent for one loaded from bytes. */
  readonly path?: string
  /** The version that the plugin's manifest gives its command. */
  readonly version?: string
  /** How many arguments it was called with. */
  readonly argCount: number
  /** Whether this is `executeSync`, which is over with `end`. */
  readonly sync: boolean
  /**
   * How the call ended: `error` is the plugin's own, which is an answer; `effect` waits for what the
   * caller carries out, with `effects: 'manual'`; `fault` is what the call rejects with, an abort
   * included. This and what follows is there when the call is over.
   */
  readonly outcome?: 'success' | 'error' | 'effect' | 'fault'
  /** What it used; absent where it failed before or without a receipt: refused, or aborted. */
  readonly usage?: Usage
  /** What the call comes to, where it does not throw or reject. */
  readonly result?: Answer | SuspendedExecution
  /** What a call of outcome `fault` throws or rejects with. */
  readonly error?: unknown
}

/**
 * The loading of a module, by whoever loads it, on the tracing channel `sen-plugin-host:load`: one
 * object from its first event to its last, which is `asyncEnd`.
 */
export interface LoadTrace {
  /** The file, absolute; absent where the module comes as bytes. */
  readonly path?: string
  /** The module's size. Absent until it is known: a file may not be readable. */
  readonly bytes?: number
  /** The plugin's digest and command, once it is loaded. */
  readonly digest?: string
  readonly command?: string
  /** From the beginning to the end, reading and waiting for a thread included; absent until then. */
  readonly durationMs?: number
  /** The plugin, where it could be loaded. */
  readonly result?: LoadedPlugin
  /** Why it could not be loaded. */
  readonly error?: unknown
}

/**
 * On the channel `sen-plugin-host:reload`: a registry has replaced what it had of a file by what the
 * file holds now. Later calls run that, whatever the digests.
 */
export interface ReloadEvent {
  /** Whose plugin was replaced. */
  readonly registry: PluginRegistry<EffectsOption>
  /** The command, under the name that it has from now on. */
  readonly command: string
  /** The file, absolute. */
  readonly path: string
  /** Of the version that serves from now on. */
  readonly digest: string
  /** Of the version that served before. */
  readonly previousDigest: string
}

/**
 * An effect that a registry carries out for a plugin, on the tracing channel
 * `sen-plugin-host:effect`: one object from its first event to its last, which is `asyncEnd`. Here
 * is everything that the plugin is not told: addresses, redirects, and why something failed.
 *
 * Headers and bodies of requests are not here, since they may be secret; what came of it is.
 */
export interface EffectTrace {
  /** Who carries it out. */
  readonly registry: PluginRegistry<EffectsOption>
  /** The plugin that asks. */
  readonly command: string
  /** Of the version that asks. */
  readonly digest: string
  /** Its file, absolute; absent for one loaded from bytes. */
  readonly path?: string
  /** What it asks for. */
  readonly effect: Effect['type']
  /** The plugin's own number for it. */
  readonly id: number
  /** As the plugin gave it. */
  readonly url?: string
  /** The requests that the default handler made or refused, those that redirects led to included. */
  readonly requests: readonly EffectRequest[]
  /** What went wrong: more than one, where a handler tries again. */
  readonly failures: readonly EffectFailure[]
  /**
   * How it ended: `error` is what the plugin was told; `fault` rejects the execution, since nobody
   * waits any more, or a handler's result is none. This and what follows is there when it is over.
   */
  readonly outcome?: 'success' | 'error' | 'fault'
  /** From when it was asked for, waiting for a place included. */
  readonly durationMs?: number
  /** What the plugin was told. */
  readonly result?: EffectResult
  /** Why an effect of outcome `fault` was given up. */
  readonly error?: unknown
}

/** A request that was made, or refused, on behalf of a plugin: one for each redirect. */
export interface EffectRequest {
  /** After a redirect it can be another one than the effect has. */
  readonly method: 'GET' | 'POST'
  /** Where it went: after a redirect, where that led. */
  readonly url: string
  /** The address that it was sent to; absent where it was not sent. */
  readonly address?: string
  /** The status that was answered; absent where there was no answer. */
  readonly status?: number
}

/** @internal What is filled in on the way. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

const executing = tracingChannel<unknown, ExecuteTrace>('sen-plugin-host:execute')
const carryingOut = tracingChannel<unknown, EffectTrace>('sen-plugin-host:effect')
const loading = tracingChannel<unknown, LoadTrace>('sen-plugin-host:load')
const reloading = channel('sen-plugin-host:reload')

/** Whether anybody listens to executions. All that tracing costs a call to which nobody does. */
export function executionsAreTraced(): boolean {
  return executing.hasSubscribers
}

/** Runs a call that its caller awaits, and publishes it. */
export function traceExecute<Result extends Executed>(
  trace: ExecuteTrace,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  return executing.tracePromise(async () => {
    try {
      return answered(trace, await run())
    } catch (error) {
      throw failed(trace, error)
    }
  }, trace)
}

/** Runs a call that its caller waits for, and publishes it. */
export function traceExecuteSync(trace: ExecuteTrace, run: () => Answer): Answer {
  return executing.traceSync(() => {
    try {
      return answered(trace, run())
    } catch (error) {
      throw failed(trace, error)
    }
  }, trace)
}

/** Whether anybody listens to effects. */
export function effectsAreTraced(): boolean {
  return carryingOut.hasSubscribers
}

/** Carries out an effect, and publishes it. */
export function traceEffect<Result extends EffectResult>(
  trace: EffectTrace,
  run: () => Promise<Result>,
): Promise<Result> {
  return carryingOut.tracePromise(run, trace)
}

/** Loads a module, and publishes that. `run` is told whom to tell the module's size. */
export function traceLoad(
  path: string | undefined,
  run: (noteBytes: (bytes: number) => void) => Promise<LoadedPlugin>,
): Promise<LoadedPlugin> {
  const trace: Writable<LoadTrace> = path === undefined ? {} : { path }
  return loading.tracePromise(async () => {
    // Not by `performance`, which takes as long to load as the rest of a start.
    const began = process.hrtime.bigint()
    try {
      const plugin = await run(bytes => {
        trace.bytes = bytes
      })
      trace.digest = plugin.digest
      trace.command = plugin.manifest.command.name
      return plugin
    } finally {
      trace.durationMs = Number(process.hrtime.bigint() - began) / 1e6
    }
  }, trace)
}

/** Publishes that a file's earlier version was replaced. */
export function publishReload(event: ReloadEvent): void {
  reloading.publish(event)
}

function answered<Result extends Executed>(trace: Writable<ExecuteTrace>, answer: Result): Result {
  trace.outcome = answer.type
  trace.usage = answer.usage
  return answer
}

function failed(trace: Writable<ExecuteTrace>, error: unknown): unknown {
  trace.outcome = 'fault'
  if (isPluginHostError(error) && 'usage' in error.details && error.details.usage !== undefined) {
    trace.usage = error.details.usage
  }
  return error
}
