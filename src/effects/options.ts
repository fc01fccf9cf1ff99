import { invalidArgument } from '../errors.js'
import { checkInteger, checkOptions } from '../options.js'
import type { EffectHandler } from './handler.js'
import { type CheckedHttpOptions, checkHttpOptions, type HttpOptions } from './http/options.js'

/** Who carries out what plugins ask for, and within which bounds. */
export interface EffectOptions {
  /** Carries out GET requests. Default: within what the plugin was granted, as `http` says. */
  readonly httpGet?: EffectHandler<'httpGet'>
  /** Carries out POST requests. Default: as `httpGet`. */
  readonly httpPost?: EffectHandler<'httpPost'>
  /** Waits. Default: with a timer. Sleeping needs no capability. */
  readonly sleep?: EffectHandler<'sleep'>
  /** How the default handlers of HTTP make requests. */
  readonly http?: HttpOptions
  /**
   * Milliseconds that the default handler of `sleep` waits at most; a plugin that asks for more is
   * told that it is over by then. Default: 60,000.
   */
  readonly maxSleepMs?: number
}

/** How a registry deals with effects; with `manual`, its caller does. */
export type EffectsOption = EffectOptions | 'manual'

/** @internal Options that have been checked. */
export interface CheckedEffectOptions extends Pick<EffectOptions, 'httpGet' | 'httpPost' | 'sleep'> {
  readonly http: CheckedHttpOptions
  readonly maxSleepMs: number
}

const KEYS = ['httpGet', 'httpPost', 'sleep', 'http', 'maxSleepMs'] as const
const HANDLERS = ['httpGet', 'httpPost', 'sleep'] as const

const DEFAULT_MAX_SLEEP_MS = 60_000
/** The longest that Node's own timers take. */
const MAX_SLEEP_MS = 2 ** 31 - 1

/** @internal Checks options as a user gave them. */
export function checkEffects(
  value: EffectsOption | undefined,
  path: string,
): CheckedEffectOptions | 'manual' {
  if (value === 'manual') return value
  if (typeof value === 'string') throw invalidArgument(path, "must be 'manual', or an object")
  const { http, maxSleepMs = DEFAULT_MAX_SLEEP_MS, ...handlers } = checkOptions(value, path, KEYS)
  for (const name of HANDLERS) {
    const handler: unknown = handlers[name]
    if (handler !== undefined && typeof handler !== 'function') {
      throw invalidArgument(`${path}.${name}`, 'must be a function')
    }
  }
  return {
    ...handlers,
    http: checkHttpOptions(http, `${path}.http`),
    maxSleepMs: checkInteger(maxSleepMs, `${path}.maxSleepMs`, 0, MAX_SLEEP_MS),
  }
}
