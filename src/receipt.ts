import type * as native from './native.js'
import type { Usage } from './outcome.js'

/**
 * Where the addon writes what a call used: fuel, milliseconds, bytes. One for all calls, since
 * each is read before the next is made: an object from the addon would cost as much as the call.
 */
export const receipt = new Float64Array(3)

/** Arguments as the addon takes them: a sole one as it is, which is sooner read than from an array. */
export function brief(args: string[]): string | string[] {
  return args.length === 1 ? (args[0] as string) : args
}

/** What the addon returned, the brief form of a success made whole. */
export function whole(outcome: string | native.Outcome): native.Outcome {
  return typeof outcome === 'string' ? { type: 'success', output: outcome, usage: usage() } : outcome
}

function usage(): Usage {
  const [fuel = 0, durationMs = 0, peakMemoryBytes = 0] = receipt
  return { fuelConsumed: BigInt(fuel), durationMs, peakMemoryBytes, effects: 0 }
}
