import { constants } from 'node:os'

// Not SIGHUP, which ends a process anyhow, and which `nohup` has it ignore.
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Ends the process when it is told to stop, at once and with the exit code that shells know: 130
 * for Ctrl-C. What runs is aborted by the signal that this returns, so that no guest is left.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  for (const name of SIGNALS) {
    process.once(name, () => {
      controller.abort(new Error(`stopped by ${name}`))
      // Nobody waits any more for what has not been written yet.
      process.exit(128 + constants.signals[name])
    })
  }
  return controller.signal
}
