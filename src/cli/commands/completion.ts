import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Argument, type Command } from 'commander'
import { installationFor } from '../completion/installation.js'
import { completionScript, SHELLS, type Shell } from '../completion/scripts.js'
import { type Context, perform } from '../context.js'
import { addVerboseOption } from '../options.js'
import { displayPath } from '../paths.js'
import { writeIfChanged } from '../written-file.js'

interface CompletionOptions {
  readonly install?: boolean
  readonly verbose?: boolean
}

const HELP = `
Commands of plugins are completed too, with their subcommands, options and known values.

Examples:
  sen completion bash --install
  source <(sen completion zsh)              for this shell alone
  sen completion fish | source`

/** `sen completion`: teaches a shell to complete sen. */
export function addCompletion(program: Command, context: Context): void {
  const command = program
    .command('completion')
    .summary('print or install the completion script for a shell')
    .description('Prints the script that completes commands, options, values and paths for a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .option('--install', 'write it to where the shell looks for it, and say what is left to do')
  addVerboseOption(command)
  command.addHelpText('after', HELP)
  command.action(async (shell: Shell, options: CompletionOptions) => {
    await perform(context, options, async () => {
      if (options.install) await install(context, shell)
      else context.terminal.document(await completionScript(shell))
      return 0
    })
  })
}

async function install({ terminal }: Context, shell: Shell): Promise<void> {
  const { file, remaining } = installationFor(shell, process.env, process.platform)
  await mkdir(dirname(file), { recursive: true })
  const isWritten = await writeIfChanged(file, await completionScript(shell))
  terminal.note(`${displayPath(file)} is ${isWritten ? 'written' : 'up to date'}`)
  terminal.note(remaining)
}
