import type { Command } from 'commander'
import { suggestionsFor } from '../../suggestions.js'
import { Catalogue } from '../catalogue.js'
import { commandHelp } from '../command-help.js'
import { type Context, perform } from '../context.js'
import { type DirectoryOptions, pluginDirectories } from '../directories.js'
import { UsageError } from '../failure.js'
import { noteProblems } from '../notes.js'
import {
  addDirectoryOption,
  addLoadOptions,
  addVerboseOption,
  type LoadOptions,
  loadingOf,
} from '../options.js'

type HelpOptions = DirectoryOptions & LoadOptions & { readonly verbose?: boolean }

/** `sen help`: help for sen, for one of its commands, or for a plugin's. */
export function addHelp(program: Command, context: Context): void {
  const command = program
    .command('help')
    .summary('show help for a command, of sen or of a plugin')
    .description("Shows help for a command: sen's own, or a plugin's, from what it says of itself.")
    .argument('[command]', 'the command')
  addDirectoryOption(command)
  addLoadOptions(command)
  addVerboseOption(command)
  command.action(async (name: string | undefined, options: HelpOptions) => {
    const own = name === undefined ? program : visible(program).find(command => command.name() === name)
    if (own !== undefined) own.outputHelp()
    else await perform(context, options, () => help(context, program, name ?? '', options))
  })
}

async function help(
  { terminal }: Context,
  program: Command,
  name: string,
  options: HelpOptions,
): Promise<number> {
  const directories = await pluginDirectories(options)
  const catalogue = await Catalogue.find(name, directories, loadingOf(options))
  const manifest = catalogue.registry.getManifest(name)
  if (manifest === undefined) {
    noteProblems(terminal, catalogue)
    throw notFound(name, [
      ...visible(program).map(command => command.name()),
      ...catalogue.registry.listCommands(),
    ])
  }
  terminal.print(commandHelp(manifest.command, terminal.stdout))
  return 0
}

function notFound(name: string, names: readonly string[]): UsageError {
  const suggestions = suggestionsFor(name, names)
  const hint = suggestions.length === 0 ? '' : `. Did you mean ${suggestions.join(' or ')}?`
  return new UsageError(`there is no command ${JSON.stringify(name)}${hint}`)
}

function visible(program: Command): readonly Command[] {
  return program.createHelp().visibleCommands(program)
}
