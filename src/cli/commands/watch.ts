import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type HotReloadEvent, HotReloadWatcher, PluginRegistry } from '../../index.js'
import type { Terminal } from '../../terminal.js'
import { type Context, perform } from '../context.js'
import { candidateDirectories } from '../directories.js'
import { EventLines } from '../event-lines.js'
import { report } from '../failure.js'
import {
  addLoadOptions,
  addReportOptions,
  debounceOption,
  directories,
  type LoadOptions,
  loadingOf,
  type ReportOptions,
} from '../options.js'
import { displayPath } from '../paths.js'
import { failureData } from '../plugin-table.js'
import { declarationsOf } from '../types/declarations.js'
import { counted } from '../units.js'
import { writeIfChanged } from '../written-file.js'

type WatchOptions = LoadOptions &
  ReportOptions & {
    readonly debounce?: number
    readonly poll?: boolean
    /** The declaration file to keep up to date. */
    readonly types?: string
  }

const HELP = `
Directories need not exist yet. The first that has a command provides it. With --json, one event a line.

Examples:
  sen watch plugins                               what happens there, until Ctrl-C
  sen watch plugins --types src/plugins.d.ts      and type declarations, as sen types writes them`

/** `sen watch`: plugins as they come, change and go. */
export function addWatch(program: Command, context: Context): void {
  const command = program
    .command('watch')
    .summary('follow directories, and show what is loaded, reloaded, unloaded, or fails')
    .description('Loads the plugins of directories, and shows what becomes of them as files change.')
    .argument('[dirs...]', 'the directories (default: as for list)', directories)
    .addOption(debounceOption())
    .option('--poll', 'look at the directories again and again, where the system tells of no changes')
    .option('--types <FILE>', 'keep type declarations for the commands there in this file')
  addLoadOptions(command)
  addReportOptions(command)
  command.addHelpText('after', HELP)
  command.action(async (given: readonly string[], options: WatchOptions) => {
    await perform(context, options, () => watch(context, given, options))
  })
}

async function watch(
  { terminal, signal }: Context,
  given: readonly string[],
  options: WatchOptions,
): Promise<number> {
  const followed = candidateDirectories({ plugins: given.length === 0 ? undefined : given })
  const registry = new PluginRegistry(loadingOf(options))
  const watcher = await HotReloadWatcher.start(registry, followed, {
    persistent: true,
    signal,
    ...(options.debounce === undefined ? {} : { debounceMs: options.debounce }),
    ...(options.poll === undefined ? {} : { usePolling: options.poll }),
  })
  // Before anything else: the events of the first scan are for whoever is there by now.
  const events = watcher[Symbol.asyncIterator]()
  terminal.note(`${counted(registry.size, 'command')} in ${followed.map(displayPath).join(', then ')}`)
  const lines = new EventLines(terminal)
  await writeTypes(terminal, registry, options)
  for await (const event of events) {
    if (options.json) terminal.json(eventData(event), 'line')
    else lines.show(event)
    await writeTypes(terminal, registry, options)
  }
  await registry.close()
  return 0
}

/** A file that cannot be written now may be at the next change: that is no reason to stop watching. */
async function writeTypes(
  terminal: Terminal,
  registry: PluginRegistry,
  { types, json }: WatchOptions,
): Promise<void> {
  if (types === undefined) return
  const file = resolve(types)
  try {
    const commands = registry.getAllManifests().map(({ command }) => command)
    const isWritten = await writeIfChanged(file, declarationsOf(commands))
    if (isWritten) terminal.note(`${displayPath(file)} is written: ${counted(commands.length, 'command')}`)
  } catch (error) {
    report(terminal, error, { ...(json === undefined ? {} : { json }), layout: 'line' })
  }
}

function eventData({ error, path, ...event }: HotReloadEvent): object {
  return { ...event, path, ...(error === undefined ? {} : failureData({ path, error })) }
}
