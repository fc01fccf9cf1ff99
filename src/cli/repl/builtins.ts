import { commandHelp } from '../command-help.js'
import { UsageError } from '../failure.js'
import { pluginData, pluginTable } from '../plugin-table.js'
import { table } from '../table.js'
import { counted } from '../units.js'
import type { Session } from './session.js'

/** A command of the shell itself. */
interface Builtin {
  readonly usage: string
  readonly about: string
  /** Does it; returns its exit code. */
  readonly run: (session: Session, args: readonly string[]) => Promise<number> | number
}

/** The shell's own commands. They come before a plugin's of the same name, which `run` reaches. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['help', { usage: 'help [COMMAND]', about: 'say what there is, or how a command is called', run: help }],
  [
    'plugins',
    { usage: 'plugins', about: 'list the commands of the plugins, and their files', run: listPlugins },
  ],
  ['doctor', { usage: 'doctor', about: 'say what is wrong here, and what to do about it', run: doctor }],
  ['reload', { usage: 'reload', about: 'look for plugins again', run: reload }],
  ['run', { usage: 'run COMMAND [ARGS...]', about: "run a plugin's command, whatever its name", run }],
  ['.time', { usage: '.time', about: 'say after each command what it used, or stop saying it', run: time }],
  ['exit', { usage: 'exit', about: 'leave, as Ctrl-D does', run: exit }],
])

function help({ terminal, commands, registry }: Session, [name]: readonly string[]): number {
  const { stdout } = terminal
  if (name === undefined) {
    const own = [...BUILTINS.values()].map(({ usage, about }) => [usage, about])
    const columns = [{ title: 'COMMAND' }, { title: 'ABOUT', cut: 'end', most: 120 }] as const
    const plugins = commands.map(({ name, about }) => [name, about])
    terminal.print(table(columns, [...plugins, ...own], stdout))
    return 0
  }
  const manifest = registry.getManifest(name)
  if (manifest === undefined) {
    const builtin = BUILTINS.get(name)
    if (builtin === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`)
    terminal.print([builtin.usage, builtin.about])
    return 0
  }
  terminal.print(commandHelp(manifest.command, stdout))
  return 0
}

function listPlugins({ terminal, plugins, report: { json, layout } }: Session): number {
  if (json) terminal.json({ commands: plugins.map(pluginData) }, layout)
  else terminal.print(pluginTable(plugins, terminal.stdout))
  return 0
}

async function doctor(session: Session): Promise<number> {
  return await session.doctor()
}

async function reload(session: Session): Promise<number> {
  await session.reload()
  session.terminal.note(counted(session.commands.length, 'command'))
  return 0
}

async function run(session: Session, [name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) throw new UsageError('run what? A command of a plugin has to follow')
  return await session.run([name, ...args])
}

function time(session: Session): number {
  session.timing = !session.timing
  session.terminal.note(
    session.timing ? 'what each command uses is said after it' : 'what commands use is not said',
  )
  return 0
}

function exit(session: Session): number {
  session.leaving = true
  return 0
}
