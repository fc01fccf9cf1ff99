import type { LoadedPlugin, ScanFailure } from '../index.js'
import type { Channel } from '../terminal.js'
import { failureOf } from './failure.js'
import { displayPath } from './paths.js'
import { table } from './table.js'

/** A file, and the plugin in it. */
export type PluginFile = Pick<LoadedPlugin, 'manifest' | 'path' | 'digest'>

const COLUMNS = [
  { title: 'COMMAND' },
  { title: 'VERSION', most: 32 },
  { title: 'ABOUT', cut: 'end', most: 120 },
  { title: 'FILE', cut: 'start' },
] as const

/** Plugins, a line each. */
export function pluginTable(plugins: readonly PluginFile[], channel: Channel): string[] {
  const rows = plugins.map(({ manifest: { command }, path = '' }) => {
    return [command.name, command.version ?? '-', command.about, displayPath(path)]
  })
  return table(COLUMNS, rows, channel)
}

/** Plugins as data. */
export function pluginData({ manifest, path, digest }: PluginFile): object {
  return { command: manifest.command.name, path, digest, manifest }
}

/** A file that is no plugin as data. */
export function failureData({ path, error }: ScanFailure): object {
  const { code, message, details } = failureOf(error)
  return { path, error: { code, message, details } }
}
