import { inertLine } from '../../inert.js'
import type { Channel, Terminal } from '../../terminal.js'
import { wrap } from '../../width.js'
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
const INDENT = ' '.repeat(STATE_WIDTH + 2)
/** Fewer columns than this are no column of text. */
const LEAST_TEXT = 20

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

function lines(title: string, verdict: Verdict, channel: Channel): string[] {
  const { state, message } = verdict
  const { colors } = channel
  const color = { ok: colors.green, warning: colors.yellow, problem: colors.red }[state]
  const [first, ...further] = sentence(`${title}:`, colors.bold, message, channel)
  const found = [`${color(state.padEnd(STATE_WIDTH))}  ${first}`, ...further.map(indented)]
  if (verdict.state === 'ok') return found
  return [...found, ...sentence('remedy:', colors.dim, verdict.remedy, channel).map(indented)]
}

function indented(line: string): string {
  return INDENT + line
}

/** A text behind its title, in the width that is left of a terminal behind the states. */
function sentence(
  title: string,
  paint: (title: string) => string,
  text: string,
  { width }: Channel,
): string[] {
  const room = width === undefined ? undefined : Math.max(LEAST_TEXT, width - INDENT.length)
  const [first = '', ...further] = wrap(`${title} ${inertLine(text)}`, room, 'keep')
  return [paint(title) + first.slice(title.length), ...further]
}

function summary(verdicts: readonly Verdict[]): string {
  const count = (state: Verdict['state']) => verdicts.filter(verdict => verdict.state === state).length
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}`
}
