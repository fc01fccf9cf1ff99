import type { Command } from 'commander'
import type { Terminal } from '../terminal.js'
import type { Executing } from './catalogue.js'
import { addPassthroughOption, type PassthroughOption } from './checked-words.js'
import type { DirectoryOptions } from './directories.js'
import { addEffectOptions, type EffectFlags, effectsOf } from './effects.js'
import {
  addDirectoryOption,
  addLoadOptions,
  addReportOptions,
  addUsageOption,
  type LoadOptions,
  type ReportOptions,
  stdioOf,
} from './options.js'
import {
  addPermissionOptions,
  type PermissionFlags,
  type PermissionParts,
  permissionsOf,
} from './permissions.js'

/** What commands have that execute plugins. */
export type ExecutionOptions = DirectoryOptions &
  LoadOptions &
  PermissionFlags &
  EffectFlags &
  PassthroughOption &
  ReportOptions

export function addExecutionOptions(command: Command): Command {
  addDirectoryOption(command)
  addPassthroughOption(command)
  addUsageOption(command)
  addPermissionOptions(command)
  addEffectOptions(command)
  addLoadOptions(command)
  return addReportOptions(command)
}

/** What plugins may do that are executed with these options. */
export function executingOf(
  terminal: Terminal,
  options: ExecutionOptions,
  parts?: PermissionParts,
): Executing {
  return {
    permissions: permissionsOf(terminal, options, parts),
    effects: effectsOf(terminal, options),
    stdio: stdioOf(options),
  }
}
