import type { Command } from 'commander'
import { addRun } from './commands/run.js'
import type { Context } from './context.js'

/** Defines a command of the command line. */
type AddCommand = (program: Command, context: Context) => void

/** The command that completion scripts call. */
const COMPLETE = '__complete'
/** Speaks of all the others. */
const HELP = 'help'

/** Where each command is, in the order of help. Loaded by who needs it: `sen run` is to start at once. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['run', async () => addRun],
  ['list', async () => (await import('./commands/list.js')).addList],
  ['inspect', async () => (await import('./commands/inspect.js')).addInspect],
  ['scan', async () => (await import('./commands/scan.js')).addScan],
  ['watch', async () => (await import('./commands/watch.js')).addWatch],
  ['types', async () => (await import('./commands/types.js')).addTypes],
  ['repl', async () => (await import('./commands/repl.js')).addRepl],
  ['audit', async () => (await import('./commands/audit.js')).addAudit],
  ['permissions', async () => (await import('./commands/permissions.js')).addPermissions],
  ['cache', async () => (await import('./commands/cache.js')).addCache],
  ['doctor', async () => (await import('./commands/doctor.js')).addDoctor],
  ['completion', async () => (await import('./commands/completion.js')).addCompletion],
  [HELP, async () => (await import('./commands/help.js')).addHelp],
  [COMPLETE, async () => (await import('./commands/complete.js')).addComplete],
])

export const commandNames: readonly string[] = [...COMMANDS.keys()]

/** The commands that a command line needs: the one that it names, or all of them to choose from. */
export function commandsFor([name = '', ...rest]: readonly string[]): readonly string[] {
  if (name === COMPLETE) return [...new Set([COMPLETE, ...commandsFor(beingTyped(rest))])]
  return COMMANDS.has(name) && name !== HELP ? [name] : commandNames
}

/** The words that are to be completed, as far as it takes to find the command among them. */
function beingTyped(args: readonly string[]): readonly string[] {
  const line = args[0] === '--line' ? args[1] : undefined
  if (line !== undefined) return /^\s*\S+\s+(\w+)\s/.exec(line)?.slice(1) ?? []
  return args.slice(args.indexOf('--') + 1)
}

/** Loads a command's definition. */
export async function loadCommand(name: string): Promise<AddCommand> {
  const load = COMMANDS.get(name)
  if (load === undefined) throw new TypeError(`there is no command ${name}`)
  return await load()
}
