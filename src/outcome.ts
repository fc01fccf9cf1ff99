import { PluginHostError, type PluginHostErrorCode, type PluginHostErrorDetails } from './errors.js'
import type * as native from './native.js'

/** The receipt of an execution: what it used, whether it succeeded or not. */
export interface Usage {
  /**
   * Units of fuel, all calls of the execution together; with a live instance, of one call. The same on every run and
   * machine.
   */
  readonly fuelConsumed: bigint
  /** Time inside the guest, in milliseconds; waiting for a thread or an effect is not part of it. */
  readonly durationMs: number
  /** The most that the guest's memories had together. */
  readonly peakMemoryBytes: number
  /** Effects that were carried out; 0 with a live instance, whose caller carries them out. */
  readonly effects: number
}

/** What a plugin asks its host to do. */
export type Effect =
  | {
      readonly type: 'httpGet'
      /** The plugin's own number for it, to be handed back. */
      readonly id: number
      /** As the plugin gave it: checked by nobody yet. */
      readonly url: string
      /** In the plugin's order; a name can occur more than once. */
      readonly headers: readonly Header[]
    }
  | {
      readonly type: 'httpPost'
      /** The plugin's own number for it, to be handed back. */
      readonly id: number
      /** As the plugin gave it: checked by nobody yet. */
      readonly url: string
      /** Text, sent as UTF-8. */
      readonly body: string
      /** Absent where the plugin leaves it to the host: `application/json` then. */
      readonly contentType?: string
      readonly headers: readonly Header[]
    }
  | {
      readonly type: 'sleep'
      /** The plugin's own number for it, to be handed back. */
      readonly id: number
      /** Milliseconds, as many as the plugin likes: the host bounds them. */
      readonly durationMs: number
    }

/** What came of an effect. */
export type EffectResult =
  | {
      readonly type: 'http'
      /** The status of the last response, whatever it is: 404 is a result too. */
      readonly status: number
      /** Text: what is not is for a handler to encode. */
      readonly body: string
      readonly headers: readonly Header[]
    }
  | { readonly type: 'sleepComplete' }
  | {
      readonly type: 'error'
      /** What the plugin is told. */
      readonly message: string
    }

/** Name and value. */
export type Header = readonly [name: string, value: string]

/** How a plugin answered. Its own errors are values; faults of the host or sandbox are exceptions. */
export type ExecuteResult =
  | {
      readonly type: 'success'
      /** The answer: the plugin's text, to be treated as data. */
      readonly output: string
      /** What it wrote there, where that is granted and captured; UTF-8, with errors replaced. */
      readonly stdout?: string
      /** The same for standard error. */
      readonly stderr?: string
      /** The receipt. */
      readonly usage: Usage
    }
  | {
      readonly type: 'error'
      /** 1 for a user's mistake, 101 for a failure inside the plugin, or the plugin's own. */
      readonly code: number
      /** The plugin's text, to be treated as data. */
      readonly message: string
      /** What it wrote there, where that is granted and captured; UTF-8, with errors replaced. */
      readonly stdout?: string
      /** The same for standard error. */
      readonly stderr?: string
      /** The receipt. */
      readonly usage: Usage
    }
  /** Only from `instance.execute` and `resume`: whoever calls those carries effects out. */
  | { readonly type: 'effect'; readonly effect: Effect; readonly usage: Usage }

/** What an error should know that the addon does not. */
interface FaultContext {
  /** The receipt of earlier calls in the same execution. */
  readonly earlier?: Usage | undefined
  /** The file that the fault is about. */
  readonly path?: string | undefined
}

/** @internal What a native call settled with, a fault thrown as an error. Called where the stack is the caller's. */
export function answered(
  outcome: native.Outcome,
  context?: FaultContext,
): Exclude<native.Outcome, { type: 'fault' }> {
  if (outcome.type === 'fault') throw fault(outcome, context)
  return outcome
}

/** @internal The native fault as an error. */
export function fault(
  { code, message, details }: native.Outcome & { type: 'fault' },
  { earlier, path }: FaultContext = {},
): PluginHostError {
  const usage = details.usage === undefined ? earlier : sum(earlier, details.usage)
  const context = { ...(path === undefined ? {} : { path }), ...(usage === undefined ? {} : { usage }) }
  // The addon gives each code the details that `PluginHostErrorDetails` says.
  const typed = { ...details, ...context } as PluginHostErrorDetails[PluginHostErrorCode]
  return new PluginHostError(
    code as PluginHostErrorCode,
    path === undefined ? message : `${path}: ${message}`,
    typed,
  )
}

/** @internal Two receipts of one execution. */
export function sum(earlier: Usage | undefined, later: Usage): Usage {
  if (earlier === undefined) return later
  return {
    fuelConsumed: earlier.fuelConsumed + later.fuelConsumed,
    durationMs: earlier.durationMs + later.durationMs,
    peakMemoryBytes: Math.max(earlier.peakMemoryBytes, later.peakMemoryBytes),
    effects: earlier.effects + later.effects,
  }
}
