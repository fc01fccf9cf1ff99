import type { Command } from 'commander'
import { PluginScanner, type ScanFailure } from '../../index.js'
import type { Terminal } from '../../terminal.js'
import { type Context, perform } from '../context.js'
import { failureOf } from '../failure.js'
import {
  addLoadOptions,
  addReportOptions,
  directory,
  type LoadOptions,
  loadingOf,
  type ReportOptions,
} from '../options.js'
import { displayPath, withoutPath } from '../paths.js'
import { failureData, pluginData, pluginTable } from '../plugin-table.js'

type ScanOptions = LoadOptions & ReportOptions

const HELP = `
Files that cannot be loaded are no failure of the scan: they are on stderr, and the exit code is 0.`

/** `sen scan`: what is in a directory, and what is wrong with it. */
export function addScan(program: Command, context: Context): void {
  const command = program
    .command('scan')
    .summary('load every plugin of a directory, and say what is wrong with those that fail')
    .description(
      'Loads every plugin of a directory: all files that end in .wasm, not those in directories below.',
    )
    .argument('<dir>', 'the directory', directory)
  addLoadOptions(command)
  addReportOptions(command)
  command.addHelpText('after', HELP)
  command.action(async (path: string, options: ScanOptions) => {
    await perform(context, options, () => scan(context, path, options))
  })
}

async function scan({ terminal }: Context, path: string, options: ScanOptions): Promise<number> {
  const { plugins, failures } = await new PluginScanner(loadingOf(options)).scanDirectory(path)
  if (options.json) {
    terminal.json({ plugins: plugins.map(pluginData), failures: failures.map(failureData) })
    return 0
  }
  if (plugins.length > 0) terminal.print(pluginTable(plugins, terminal.stdout))
  else if (failures.length === 0) terminal.note('there are no files that end in .wasm')
  for (const failure of failures) show(terminal, failure)
  return 0
}

function show(terminal: Terminal, { path, error }: ScanFailure): void {
  const { code, message } = failureOf(error)
  terminal.error(`${displayPath(path)}: ${withoutPath(message, path)}`, code)
}
