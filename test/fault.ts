import { inspect } from 'node:util'
import { isPluginHostError, type PluginHostError, type PluginHostErrorCode } from 'sen-plugin-host'
import { expect } from 'vitest'

/** The receipt of an execution, wherever there is one. */
export const anyUsage = {
  fuelConsumed: expect.any(BigInt),
  durationMs: expect.any(Number),
  peakMemoryBytes: expect.any(Number),
  effects: expect.any(Number),
}

/** What a promise rejects with; fails where it does not. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await work
  } catch (error) {
    return error
  }
  throw new Error(`it was fulfilled, with ${inspect(value)}`)
}

/** What a function throws; fails where it does not. */
export function thrown(work: () => unknown): unknown {
  let value: unknown
  try {
    value = work()
  } catch (error) {
    return error
  }
  throw new Error(`it returned ${inspect(value)}`)
}

/** The error of this code that a promise rejects with; fails where it does not. */
export async function fault<Code extends PluginHostErrorCode>(
  code: Code,
  work: Promise<unknown>,
): Promise<PluginHostError<Code>> {
  return checked(code, await rejection(work))
}

/** The error of this code that a function throws; fails where it does not. */
export function faultSync<Code extends PluginHostErrorCode>(
  code: Code,
  work: () => unknown,
): PluginHostError<Code> {
  return checked(code, thrown(work))
}

function checked<Code extends PluginHostErrorCode>(code: Code, error: unknown): PluginHostError<Code> {
  if (isPluginHostError(error, code)) return error
  throw new Error(`it failed, but not with ${code}: ${inspect(error)}`, { cause: error })
}
