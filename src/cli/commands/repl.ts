import type { Command } from 'commander'
import { type Context, perform } from '../context.js'
import { addExecutionOptions, type ExecutionOptions } from '../execution-options.js'

const HELP = `
On a terminal, plugins are followed as their files come, change and go, and what becomes of them is shown.
Commands are read from stdin where that is not a terminal, and the exit code is the last one's; there,
plugins are what they were at the start, until reload. The standard input of plugins is empty.

Examples:
  sen repl --plugins ./plugins
  printf 'hello Ada\\ngreet --style shout Bob\\n' | sen repl`

/** `sen repl`: a shell whose commands are the plugins'. */
export function addRepl(program: Command, context: Context): void {
  const command = program
    .command('repl')
    .summary('open a shell whose commands are those of the plugins')
    .description('Opens a shell whose commands are those of the plugins, with completion and a history.')
  addExecutionOptions(command)
  command.addHelpText('after', HELP)
  command.action(async (options: ExecutionOptions) => {
    await perform(context, options, async () => {
      // Loaded for this command alone.
      const { openShell } = await import('../repl/shell.js')
      return await openShell(context, options)
    })
  })
}
