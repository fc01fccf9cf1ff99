import type { Command } from 'commander'
import { Catalogue } from '../catalogue.js'
import { type Context, perform } from '../context.js'
import { type DirectoryOptions, pluginDirectories } from '../directories.js'
import { noteNoPlugins, noteProblems } from '../notes.js'
import {
  addDirectoryOption,
  addLoadOptions,
  addReportOptions,
  type LoadOptions,
  loadingOf,
  type ReportOptions,
} from '../options.js'
import { failureData, pluginData, pluginTable } from '../plugin-table.js'

type ListOptions = DirectoryOptions & LoadOptions & ReportOptions

/** `sen list`: the commands there are. */
export function addList(program: Command, context: Context): void {
  const command = program
    .command('list')
    .summary('list the commands of the plugins')
    .description('Lists the commands that can be run, and the files that they come from.')
  addDirectoryOption(command)
  addLoadOptions(command)
  addReportOptions(command)
  command.action(async (options: ListOptions) => {
    await perform(context, options, () => list(context, options))
  })
}

async function list({ terminal }: Context, options: ListOptions): Promise<number> {
  const directories = await pluginDirectories(options)
  const catalogue = await Catalogue.load(directories, loadingOf(options))
  const { plugins, failures, conflicts } = catalogue
  noteProblems(terminal, catalogue)
  if (options.json) {
    terminal.json({ commands: plugins.map(pluginData), failures: failures.map(failureData), conflicts })
  } else if (plugins.length > 0) {
    terminal.print(pluginTable(plugins, terminal.stdout))
  } else {
    noteNoPlugins(terminal, directories)
  }
  return 0
}
