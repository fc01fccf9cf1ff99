import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { quote } from 'shlex'
import {
  type AuditSink,
  type PermissionOptions,
  PermissionPresets,
  type PermissionPrompt,
  type PermissionRequest,
  TerminalPermissionPrompt,
} from '../index.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from './failure.js'
import { OwnAudit } from './own-audit.js'

/** What somebody says about permissions on the command line. */
export interface PermissionFlags {
  readonly trustPlugin?: readonly string[]
  readonly trustCommand?: readonly string[]
  readonly policy?: string
}

/** What lasts longer than one registry. */
export interface PermissionParts {
  /** Who asks. Default: whoever has the terminal. */
  readonly prompt?: PermissionPrompt
  /** Default: sen's own. */
  readonly audit?: AuditSink
}

const DIGEST = /^blake3:[0-9a-f]{64}$/

export function addPermissionOptions(command: Command): Command {
  const several = (value: string, earlier: readonly string[] = []) => [...earlier, value]
  return command
    .option(
      '--trust-plugin <FILE|DIGEST>',
      'grant this plugin what it asks for, this time; may be repeated',
      several,
    )
    .option(
      '--trust-command <NAME>',
      'grant the plugin with this command what it asks for, this time; may be repeated',
      several,
    )
    .option('--policy <FILE>', 'grant what this policy file lists, with what is trusted here, and ask nobody')
}

/** How plugins get what they ask for: by asking, unless a policy file is given. Either way it is recorded. */
export function permissionsOf(
  terminal: Terminal,
  { trustPlugin = [], trustCommand = [], policy }: PermissionFlags,
  {
    prompt = new TerminalPermissionPrompt({ help: permissionHelp }),
    audit = new OwnAudit(terminal),
  }: PermissionParts = {},
): PermissionOptions {
  for (const plugin of trustPlugin) {
    // A misspelt file would trust nothing, and say nothing.
    if (!DIGEST.test(plugin) && !existsSync(plugin))
      throw new UsageError(`--trust-plugin ${plugin}: this is neither a file nor a digest`)
  }
  const trustFlags = { plugins: trustPlugin, commands: trustCommand }
  if (policy !== undefined) return { ...PermissionPresets.ci(policy), trustFlags, audit }
  const onNotice: PermissionOptions['onNotice'] = ({ message }) => terminal.note(message)
  return { ...PermissionPresets.interactive('sen'), prompt, audit, trustFlags, onNotice }
}

/** What to do where nobody can be asked. */
export function permissionHelp({ command, digest, path }: PermissionRequest): string {
  const [name = command] = command.split(' ')
  const grant = path === undefined ? '' : `, or sen permissions grant ${quote(path)} for good`
  return `--trust-plugin=${digest} or --trust-command=${name} grants it this time, --policy FILE what a file lists${grant}`
}
