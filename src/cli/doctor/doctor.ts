import { inertLine } from '../../inert.js'
import type { Channel, Terminal } from '../../terminal.js'
import { candidateDirectories, type DirectoryOptions } from '../directories.js'
import { type LoadOptions, loadingOf, type ReportOptions } from '../options.js'
import { counted } from '../units.js'
import { cacheCheck } from './cache.js'
import { type Check, type Verdict, verdictData } from './check.js'
import { examineDirectory } from './directories.js'
import { engineChecks } from './engine.js'
import { examinePlugins, type PluginReport } from './plugins.js'
import { versionChecks } from './versions.js'

export type DoctorOptions = DirectoryOptions & LoadOptions & ReportOptions

const STATE_WIDTH = 'problem'.length

/**
 * Looks at the installation and at the plugins of these directories, or of the default ones, and shows what it finds.
 *
 * @returns The exit code: that of the first problem, 0 where there is none.
 */
export async function doctor(
  terminal: Terminal,
  named: readonly string[],
  options: DoctorOptions,
): Promise<number> {
  const { checks, plugins } = await examine(named, options)
  const verdicts = [...checks, ...plugins]
  const problem = verdicts.find(({ state }) => state === 'problem')
  if (options.json) {
    terminal.json(
      {
        ok: problem === undefined,
        checks: checks.map(checkData),
        plugins: plugins.map(pluginData),
      },
      options.layout,
    )
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
  const candidates = candidateDirectories({ plugins: named })
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
