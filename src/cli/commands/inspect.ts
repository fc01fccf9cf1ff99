import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { type LoadedPlugin, PluginLoader } from '../../index.js'
import { inertLine } from '../../inert.js'
import type { Channel } from '../../terminal.js'
import { capabilityLines } from '../capability-lines.js'
import { commandHelp } from '../command-help.js'
import { type Context, perform } from '../context.js'
import {
  addLoadOptions,
  addReportOptions,
  type LoadOptions,
  loadingOf,
  type ReportOptions,
} from '../options.js'
import { displayPath } from '../paths.js'
import { formatCount, formatSize } from '../units.js'

type InspectOptions = LoadOptions & ReportOptions

const TITLE_WIDTH = 'Capabilities'.length

/** `sen inspect`: all there is to know of a file. */
export function addInspect(program: Command, context: Context): void {
  const command = program
    .command('inspect')
    .summary('show what a plugin says of itself, and what it asks for')
    .description(
      'Shows what a plugin says of itself: its command, arguments, options and subcommands, and what it asks for.',
    )
    .argument('<file>', 'the plugin, a .wasm file')
  addLoadOptions(command)
  addReportOptions(command)
  command.action(async (file: string, options: InspectOptions) => {
    await perform(context, options, () => inspect(context, file, options))
  })
}

async function inspect({ terminal }: Context, file: string, options: InspectOptions): Promise<number> {
  const plugin = await new PluginLoader(loadingOf(options)).load(file)
  const { size } = await stat(plugin.path ?? file)
  if (options.json) {
    const { path, digest, manifest } = plugin
    const { supportsEffects } = plugin.instance
    terminal.json({ path, digest, size, supportsEffects, manifest })
  } else {
    terminal.print(sheet(plugin, size, terminal.stdout))
  }
  return 0
}

function sheet({ manifest, path, digest, instance }: LoadedPlugin, size: number, stdout: Channel): string[] {
  const capabilities = capabilityLines(manifest.capabilities)
  const rows = [
    ['File', displayPath(path ?? '')],
    ['Size', `${formatSize(size)} (${formatCount(size)} bytes)`],
    ['Digest', digest],
    ['API version', String(manifest.apiVersion)],
    ['Effects', instance.supportsEffects ? 'can be resumed after an effect' : 'none'],
    ...(capabilities.length > 0 ? capabilities : ['none']).map((line, index) => [
      index === 0 ? 'Capabilities' : '',
      line,
    ]),
  ] as const
  const facts = rows.map(
    ([title = '', value = '']) => `${stdout.colors.bold(title.padEnd(TITLE_WIDTH))}  ${inertLine(value)}`,
  )
  return [...commandHelp(manifest.command, stdout), '', ...facts]
}
