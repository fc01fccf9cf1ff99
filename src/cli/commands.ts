import type { Command } from 'commander'
import type { Context } from './context.js'

/** Defines a command of the command line. */
export type AddCommand = (program: Command, context: Context) => void

/** Where each command is, in the order of help. Loaded by who needs it: `sen run` is to start at once. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['run', async () => (await import('./commands/run.js')).addRun],
  ['list', async () => (await import('./commands/list.js')).addList],
  ['inspect', async () => (await import('./commands/inspect.js')).addInspect],
  ['scan', async () => (await import('./commands/scan.js')).addScan],
  ['watch', async () => (await import('./commands/watch.js')).addWatch],
  ['types', async () => (await import('./commands/types.js')).addTypes],
  ['repl', async () => (await import('./commands/repl.js')).addRepl],
  ['cache', async () => (await import('./commands/cache.js')).addCache],
  ['doctor', async () => (await import('./commands/doctor.js')).addDoctor],
])

export const commandNames: readonly string[] = [...COMMANDS.keys()]

/** Loads a command's definition. */
export async function loadCommand(name: string): Promise<AddCommand> {
  const load = COMMANDS.get(name)
  if (load === undefined) throw new TypeError(`there is no command ${name}`)
  return await load()
}
