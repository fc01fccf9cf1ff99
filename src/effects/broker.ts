import { setTimeout as sleep } from 'node:timers/promises'
import type { allowsNet } from '../capabilities.js'
import {
  type EffectRequest,
  type EffectTrace,
  effectsAreTraced,
  traceEffect,
  type Writable,
} from '../diagnostics.js'
import type { Capabilities } from '../manifest.js'
import type * as native from '../native.js'
import type { Effect, EffectResult } from '../outcome.js'
import { EffectFailure } from './failure.js'
import type { EffectContext, EffectPlugin } from './handler.js'
import type { HttpClient } from './http/client.js'
import type { CheckedEffectOptions } from './options.js'
import { checkEffectResult } from './result.js'

/** Who asks for an effect, and under which grant. */
export interface EffectOrigin {
  /** The same object for all effects of one version of a plugin. */
  readonly plugin: EffectPlugin
  readonly grant: Capabilities
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal
}

/** What a broker needs of its registry. */
export interface EffectHost {
  /** Whose effects they are, for whoever listens. */
  readonly registry: EffectTrace['registry']
  readonly allowsNet: typeof allowsNet
  /**
   * Hears of each effect when it is over, before its plugin does. Where this rejects, the execution
   * does: what cannot be written down is not used.
   */
  readonly onEffect: (event: EffectTrace, grant: Capabilities) => void | Promise<void>
}

/**
 * Carries out what plugins ask for, within what each was granted, with the program's handlers or
 * the default ones. A plugin hears of what went wrong in words that say nothing of the network its
 * host is in; the host hears everything.
 */
export class EffectBroker {
  readonly #options: CheckedEffectOptions
  readonly #host: EffectHost
  /** One for each version of a plugin, so that none takes another's turn. */
  readonly #clients = new WeakMap<EffectPlugin, Promise<HttpClient>>()

  constructor(options: CheckedEffectOptions, host: EffectHost) {
    this.#options = options
    this.#host = host
  }

  /**
   * Carries out an effect.
   *
   * @throws The signal's reason, once it is aborted.
   * @throws {PluginHostError} `ERR_INVALID_ARG` where a handler's result is none.
   */
  async carryOut(effect: Effect, origin: EffectOrigin): Promise<native.EffectResult> {
    const event: Writable<EffectTrace> & { requests: EffectRequest[]; failures: EffectFailure[] } = {
      registry: this.#host.registry,
      ...origin.plugin,
      effect: effect.type,
      id: effect.id,
      ...(effect.type === 'sleep' ? {} : { url: effect.url }),
      requests: [],
      failures: [],
    }
    const run = async () => {
      const began = performance.now()
      try {
        const result = checkEffectResult(await this.#handle(effect, origin, event), 'result')
        event.outcome = result.type === 'error' ? 'error' : 'success'
        return result
      } catch (error) {
        event.outcome = 'fault'
        throw error
      } finally {
        event.durationMs = performance.now() - began
        await this.#host.onEffect(event, origin.grant)
      }
    }
    return await (effectsAreTraced() ? traceEffect(event, run) : run())
  }

  /** By the program's handler, or as by default. */
  async #handle(effect: Effect, origin: EffectOrigin, notes: Notes): Promise<EffectResult> {
    const { plugin, grant, signal } = origin
    const next = (inner: Effect) => orFailure(() => this.#default(inner, origin, notes), signal, notes)
    const context: EffectContext = { plugin, grant, signal, next }
    const { httpGet = next, httpPost = next, sleep = next } = this.#options
    return await orFailure(
      async () => {
        switch (effect.type) {
          case 'httpGet':
            return httpGet(effect, context)
          case 'httpPost':
            return httpPost(effect, context)
          case 'sleep':
            return sleep(effect, context)
        }
      },
      signal,
      notes,
    )
  }

  async #default(
    effect: Effect,
    { plugin, grant, signal }: EffectOrigin,
    { requests }: Notes,
  ): Promise<EffectResult> {
    if (effect.type === 'sleep') {
      await sleep(Math.min(effect.durationMs, this.#options.maxSleepMs), undefined, { signal })
      return { type: 'sleepComplete' }
    }
    const allowsNet = (protocol: 'http' | 'https', host: string, port: number) =>
      this.#host.allowsNet(grant, protocol, host, port)
    const client = await this.#clientOf(plugin)
    return await client.request(effect, { allowsNet, signal, requests })
  }

  #clientOf(plugin: EffectPlugin): Promise<HttpClient> {
    const client = this.#clients.get(plugin) ?? this.#newClient()
    this.#clients.set(plugin, client)
    return client
  }

  /**
   * Most plugins use no network: what makes requests, undici and TLS included, is loaded for those that do, before the time
   * of their first request begins.
   */
  async #newClient(): Promise<HttpClient> {
    const { HttpClient } = await import('./http/client.js')
    return new HttpClient(this.#options.http)
  }
}

/** What is written down on the way. */
interface Notes {
  readonly requests: EffectRequest[]
  readonly failures: EffectFailure[]
}

/** The result of an effect; a failure is noted, and the plugin told as much of it as it may know. */
async function orFailure(
  carryOut: () => Promise<EffectResult>,
  signal: AbortSignal,
  { failures }: Notes,
): Promise<EffectResult> {
  try {
    return await carryOut()
  } catch (cause) {
    signal.throwIfAborted()
    const failure =
      cause instanceof EffectFailure
        ? cause
        : new EffectFailure('the handler failed', { reason: 'failed', cause })
    failures.push(failure)
    return { type: 'error', message: failure.forGuest }
  }
}
