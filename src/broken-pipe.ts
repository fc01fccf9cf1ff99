import { EXIT_INTERNAL } from './exit-codes.js'
import type { Terminal } from './terminal.js'

/**
 * Ends quietly when nobody reads on, as after `| head -1`. Anything else that keeps output from
 * where it should go, such as a full disk, is a failure.
 */
export function endOnBrokenPipe(terminal: Terminal): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      if (stream === process.stdout)
        terminal.error(`the output could not be written: ${error.message}`, error.code)
      process.exit(EXIT_INTERNAL)
    })
  }
}
