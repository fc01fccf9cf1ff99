import type { Terminal } from '../terminal.js'
import { report } from './failure.js'
import type { ReportOptions } from './options.js'

/** What every command has. */
export interface Context {
  readonly terminal: Terminal
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal
}

/** Does what a command is there for, and sets the exit code: that of the failure, if it fails. */
export async function perform(
  { terminal }: Context,
  options: ReportOptions,
  body: () => Promise<number>,
): Promise<void> {
  try {
    process.exitCode = await body()
  } catch (error) {
    process.exitCode = report(terminal, error, options)
  }
}
