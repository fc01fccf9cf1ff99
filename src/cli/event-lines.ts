import type { HotReloadEvent } from '../index.js'
import { inertLine } from '../inert.js'
import type { Terminal } from '../terminal.js'
import { failureOf } from './failure.js'
import { displayPath, withoutPath } from './paths.js'
import { formatMs } from './units.js'

/** What becomes of plugins, a line each. */
export class EventLines {
  readonly #terminal: Terminal

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** What was loaded goes to stdout, what failed to stderr. */
  show({ type, path, command, error, durationMs }: HotReloadEvent): void {
    if (error !== undefined) {
      const problem = withoutPath(failureOf(error).message, path)
      const pause = /[.?!]$/.test(problem) ? ' ' : '; '
      const serves =
        command === undefined || error.code === 'ERR_COMMAND_CONFLICT'
          ? ''
          : `${pause}${command} stays as it was`
      this.#terminal.error(`${displayPath(path)}: ${problem}${serves}`, error.code)
      return
    }
    const time = durationMs === undefined ? '' : ` (${formatMs(durationMs)})`
    const text = `${command ?? ''} ${displayPath(path)}${time}`
    this.#terminal.print([`${type.padEnd('unloaded'.length)} ${inertLine(text)}`])
  }
}
