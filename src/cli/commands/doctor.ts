import type { Command } from 'commander'
import { inertLine } from '../../inert.js'
import type { Channel } from '../../terminal.js'
import { type Context, perform } from '../context.js'
import { candidateDirectories, DEFAULT_DIRECTORIES, type DirectoryOptions } from '../directories.js'
import { cacheCheck } from '../doctor/cache.js'
import { type Check, type Verdict, verdictData } from '../doctor/check.js'
import { examineDirectory } from '../doctor/directories.js'
import { engineChecks } from '../doctor/engine.js'
import { examinePlugins, type PluginReport } from '../doctor/plugins.js'
import { versionChecks } from '../doctor/versions.js'
import {
  addDirectoryOption,
  addLoadOptions,
  addReportOptions,
  type LoadOptions,
  loadingOf,
  type ReportOptions,
} from '../options.js'
import { counted } from '../units.js'

type DoctorOptions = DirectoryOptions & LoadOptions & ReportOptions

const HELP = `
The exit code is 0 when there is no problem, whatever warnings there are, and otherwise that of the
first problem: 84 when sen does not run here, 2 for a directory that cannot be read, and for a plugin
that cannot be loaded the one that sen inspect ends with.`

const STATE_WIDTH = 'problem'.length

/** `sen doctor`: what is wrong here, and what to do about it. */
export function addDoctor(program: Command, context: Context): void {
  const command = program
    .command('doctor')
    .summary('say what is wrong with the installation and the plugins, and what to do about it')
    .description(
      'Looks at the installation, the engine, the cache and all plugins, and says what to do about what is wrong.',
    )
    .argument('[dir...]', `directories of plugins, as with --plugins (default: ${DEFAULT_DIRECTORIES})`)
  addDirectoryOption(command)
  addLoadOptions(command)
  addReportOptions(command)
  command.addHelpText('after', HELP)
  command.action(async (directories: readonly string[], options: DoctorOptions) => {
    await perform(context, options, () => doctor(context, directories, options))
  })
}

async function doctor(
  { terminal }: Context,
  directories: readonly string[],
  options: DoctorOptions,
): Promise<number> {
  const { checks, plugins } = await examine([...directories, ...(options.plugins ?? [])], options)
  const verdicts = [...checks, ...plugins]
  const problem = verdicts.find(({ state }) => state === 'problem')
  if (options.json) {
    terminal.json({
      ok: problem === undefined,
      checks: checks.map(checkData),
      plugins: plugins.map(pluginData),
    })
  } else {
    terminal.print([...sheet(checks, plugins, terminal.stdout), '', summary(verdicts)])
  }
  return problem?.state === 'problem' ? problem.exitCode : 0
}

/** Looks at everything, from the ground up: what is wrong below may be why something above is. */
async function examine(
  named: readonly string[],
  options: DoctorOptions,
): Promise<{ checks: Check[]; plugins: PluginReport[] }> {
  const loading = loadingOf(options)
  const versions = versionChecks()
  const hasAddon = versions.every(({ name, state }) => name !== 'addon' || state === 'ok')
  const machine = hasAddon ? [...engineChecks(), cacheCheck(loading.cache)] : []
  const candidates = candidateDirectories({ plugins: named.length > 0 ? named : undefined })
  const reports = await Promise.all(candidates.map(path => examineDirectory(path, named.length > 0)))
  const readable = reports.filter(({ readable }) => readable).map(({ path }) => path)
  return {
    checks: [...versions, ...machine, ...reports.map(({ check }) => check)],
    plugins: hasAddon ? await examinePlugins(readable, loading) : [],
  }
}

function checkData(check: Check): object {
  const { name, details } = check
  return { name, ...verdictData(check), ...(details === undefined ? {} : { details }) }
}

function pluginData(plugin: PluginReport): object {
  return { path: plugin.path, ...verdictData(plugin), ...plugin.data }
}

/** A line for each check and plugin, with another one below for what to do. */
function sheet(checks: readonly Check[], plugins: readonly PluginReport[], channel: Channel): string[] {
  return [
    ...checks.flatMap(check => lines(check.name, check, channel)),
    ...plugins.flatMap(plugin => lines('plugin', plugin, channel)),
  ]
}

function lines(title: string, verdict: Verdict, { colors }: Channel): string[] {
  const { state, message } = verdict
  const color = { ok: colors.green, warning: colors.yellow, problem: colors.red }[state]
  const line = `${color(state.padEnd(STATE_WIDTH))}  ${colors.bold(`${title}:`)} ${inertLine(message)}`
  if (verdict.state === 'ok') return [line]
  return [line, `${' '.repeat(STATE_WIDTH)}  ${colors.dim('remedy:')} ${inertLine(verdict.remedy)}`]
}

function summary(verdicts: readonly Verdict[]): string {
  const count = (state: Verdict['state']) => verdicts.filter(verdict => verdict.state === state).length
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}`
}
