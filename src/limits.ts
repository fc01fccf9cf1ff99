import { constants } from 'node:buffer'
import { invalidArgument } from './errors.js'
import type * as native from './native.js'
import { checkInteger, checkOptions } from './options.js'

/**
 * What one execution may use. What is left out keeps the value of the next outer place: a call's
 * limits go over those of its registry or loader, which go over the defaults.
 */
export interface Limits {
  /** Units of fuel for each call into the guest, by wasmtime's own rules. Default: 10,000,000. */
  readonly fuel?: number | bigint
  /** Bytes of all linear memories of an instance together, up to 4 GiB. Default: 64 MiB. */
  readonly memoryBytes?: number
  /** Elements of all tables of an instance together, up to 1,000,000. Default: 100,000. */
  readonly tableElements?: number
  /** Milliseconds inside the guest for each call. Default: 1,000. */
  readonly timeoutMs?: number
  /**
   * Bytes of an encoded result or manifest; more than a string can hold, 512 MiB, comes to that. Default:
   * 4 MiB.
   */
  readonly resultBytes?: number
  /** Effects in one execution of a registry; a live instance's caller carries them out, and counts. Default: 64. */
  readonly maxEffects?: number
}

/** @internal Limits whose types and ranges have been checked. */
export interface CheckedLimits {
  /** For the addon; absent where nothing differs from the outer limits. */
  readonly native?: native.LimitOverrides
  readonly maxEffects?: number
}

/** @internal */
export const DEFAULT_MAX_EFFECTS = 64

const KEYS = ['fuel', 'memoryBytes', 'tableElements', 'timeoutMs', 'resultBytes', 'maxEffects'] as const
const NO_LIMITS: CheckedLimits = {}
const MAX_FUEL = 2n ** 64n - 1n
/** The longest that Node's own timers take. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** @internal Checks limits as a user gave them. */
export function checkLimits(value: Limits | undefined, path: string): CheckedLimits {
  if (value === undefined) return NO_LIMITS
  const { fuel, memoryBytes, tableElements, timeoutMs, resultBytes, maxEffects } = checkOptions(
    value,
    path,
    KEYS,
  )
  const overrides: native.LimitOverrides = {}
  if (fuel !== undefined) overrides.fuel = checkFuel(fuel, `${path}.fuel`)
  if (memoryBytes !== undefined) {
    overrides.memoryBytes = checkInteger(memoryBytes, `${path}.memoryBytes`, 0, 2 ** 32)
  }
  if (tableElements !== undefined) {
    overrides.tableElements = checkInteger(tableElements, `${path}.tableElements`, 0, 1_000_000)
  }
  if (timeoutMs !== undefined) {
    if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      throw invalidArgument(
        `${path}.timeoutMs`,
        `must be a number of milliseconds above 0, at most ${MAX_TIMEOUT_MS}`,
      )
    }
    overrides.timeoutMs = timeoutMs
  }
  if (resultBytes !== undefined) {
    const bytes = checkInteger(resultBytes, `${path}.resultBytes`, 0, 2 ** 32)
    overrides.resultBytes = Math.min(bytes, constants.MAX_STRING_LENGTH)
  }
  const checked: { native?: native.LimitOverrides; maxEffects?: number } = {}
  if (Object.keys(overrides).length > 0) checked.native = overrides
  if (maxEffects !== undefined) {
    checked.maxEffects = checkInteger(maxEffects, `${path}.maxEffects`, 0, Number.MAX_SAFE_INTEGER)
  }
  return checked
}

function checkFuel(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  if (typeof value === 'bigint' && value >= 0n && value <= MAX_FUEL) return value
  throw invalidArgument(path, 'must be a whole number from 0 to 2^53 - 1, or a bigint to 2^64 - 1')
}
