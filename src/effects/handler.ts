import type { Capabilities } from '../manifest.js'
import type { Effect, EffectResult } from '../outcome.js'

/** The plugin that an effect is carried out for. */
export interface EffectPlugin {
  /** Its command in the registry. */
  readonly command: string
  /** Of the version that asks: later ones may have another. */
  readonly digest: string
  /** The file that the plugin was read from, absolute; absent for one loaded from bytes. */
  readonly path?: string
}

/** What a handler is told beside the effect. */
export interface EffectContext {
  /** Who asks. */
  readonly plugin: EffectPlugin
  /** What the plugin was granted. The default handlers hold to it; another one has to do so itself. */
  readonly grant: Capabilities
  /** Aborted when nobody waits for the result any more: the call is aborted, or the plugin gone. */
  readonly signal: AbortSignal
  /**
   * Carries an effect out as it is by default: this one or another, once or several times, each
   * under all rules and limits. What goes wrong is a result of type `error`; it rejects only once
   * `signal` is aborted.
   */
  readonly next: (effect: Effect) => Promise<EffectResult>
}

/**
 * Carries out effects of one type. What it returns is what the plugin gets; of what it throws, the
 * plugin is told only that the effect failed.
 */
export type EffectHandler<Type extends Effect['type']> = (
  effect: Extract<Effect, { readonly type: Type }>,
  context: EffectContext,
) => EffectResult | Promise<EffectResult>
