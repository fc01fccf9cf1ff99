import { quote } from '../command/check.js'
import { HELP_FORMATS, renderHelp } from '../command/help.js'
import type { CommandSpec } from '../index.js'
import { suggestionsFor } from '../suggestions.js'
import type { Channel } from '../terminal.js'
import { UsageError } from './failure.js'

interface CommandHelpOptions {
  /** How the command is called. Default: its name. */
  readonly call?: string
  /** One of `HELP_FORMATS`, as it was typed. Default: text, in colours where there are any. */
  readonly format?: string | undefined
}

/**
 * What a command says of itself, with its subcommands, as lines for a terminal, file or pipe.
 *
 * @throws {UsageError} There is no such format.
 */
export function commandHelp(
  spec: CommandSpec,
  { colors, width }: Channel,
  { call = spec.name, format: asked = colors.isColorSupported ? 'ansi' : 'text' }: CommandHelpOptions = {},
): string[] {
  const format = HELP_FORMATS.find(format => format === asked)
  if (format === undefined) {
    const suggestions = suggestionsFor(asked, HELP_FORMATS)
    const problem = `${quote(asked)} is no format of help: choose one of ${HELP_FORMATS.join(', ')}`
    throw new UsageError(problem, { details: { kind: 'invalid-value', argument: 'help', suggestions } })
  }
  const help = renderHelp(spec, format, {
    call,
    subcommands: 'full',
    ...(width === undefined ? {} : { width }),
  })
  return help.split('\n').slice(0, -1)
}
