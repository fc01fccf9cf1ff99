import type { Terminal } from '../terminal.js'
import type { Catalogue } from './catalogue.js'
import { DEFAULT_DIRECTORIES } from './directories.js'
import { displayPath } from './paths.js'

/** What is in the directories and provides no command: a line each. */
export function noteProblems(
  terminal: Terminal,
  { failures, conflicts }: Pick<Catalogue, 'failures' | 'conflicts'>,
): void {
  for (const { path, error } of failures) {
    terminal.note(`skipped ${displayPath(path)}: ${error.code} (sen inspect FILE says more)`)
  }
  for (const { command, path, owner } of conflicts) {
    terminal.note(
      `skipped ${displayPath(path)}: ERR_COMMAND_CONFLICT, ${command} is in ${displayPath(owner)} already`,
    )
  }
}

/** That there are no plugins, and where they were looked for. */
export function noteNoPlugins(terminal: Terminal, directories: readonly string[]): void {
  terminal.note('there are no plugins')
  noteDirectories(terminal, directories)
}

/** Where plugins were looked for, when what was asked for is not there. */
export function noteDirectories(terminal: Terminal, directories: readonly string[]): void {
  if (directories.length > 0) terminal.note(`looked in ${directories.map(displayPath).join(', then ')}`)
  else
    terminal.note(
      `neither of the default directories is there: ${DEFAULT_DIRECTORIES}. Name another with --plugins DIR`,
    )
}
