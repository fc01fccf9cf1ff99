import { availableParallelism } from 'node:os'
import { vi } from 'vitest'
import { type Ended, type RunOptions, runProgram } from '../system.js'

// Faults at the end of a process are rare ones: `npm run soak` looks for them, in passes that are told how many runs each
// way is to have. Without it there are two in each situation.
const { SEN_SOAK_RUNS } = process.env
/** After so long a process hangs. One of a soak may have been suspended with all of it, for minutes. */
const PATIENCE_MS = SEN_SOAK_RUNS === undefined ? 20_000 : 3_600_000
/** Processes at once: one more than compute, as each waits now and then. */
const AT_ONCE = availableParallelism() + 1

vi.setConfig({ testTimeout: 10_000 + PATIENCE_MS + Number(SEN_SOAK_RUNS ?? 2) * 5_000 })

/**
 * Runs a program of `test/programs` again and again, and looks each time at how it ended. A soak's runs of a way are shared
 * out evenly among its `situations`, of which this is one.
 */
export async function rounds(
  name: string,
  args: readonly string[],
  look: (ended: Ended) => void,
  { situations = 1, ...options }: RunOptions & { situations?: number } = {},
): Promise<void> {
  let left = SEN_SOAK_RUNS === undefined ? 2 : Math.ceil(Number(SEN_SOAK_RUNS) / situations)
  const runner = async () => {
    while (left > 0) {
      left -= 1
      const ended = await runProgram(name, args, { timeoutMs: PATIENCE_MS, ...options })
      try {
        look(ended)
      } catch (cause) {
        left = 0
        // It may not come again: all that there is to see of it is said now.
        throw new Error(`${name} ${args.join(' ')} ended like this: ${JSON.stringify(ended)}`, { cause })
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runner))
}
