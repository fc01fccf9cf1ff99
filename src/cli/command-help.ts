import { renderHelp } from '../command/help.js'
import type { CommandSpec } from '../index.js'
import type { Channel } from '../terminal.js'

/** What a command says of itself, with its subcommands, as lines for a terminal, file or pipe. */
export function commandHelp(spec: CommandSpec, { colors, width }: Channel): string[] {
  const help = renderHelp(spec, colors.isColorSupported ? 'ansi' : 'text', {
    subcommands: 'full',
    ...(width === undefined ? {} : { width }),
  })
  return help.split('\n').slice(0, -1)
}
