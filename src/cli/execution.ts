import type { ExecuteResult, PluginRegistry } from '../index.js'
import type { Terminal } from '../terminal.js'
import type { ReportOptions } from './options.js'
import { receipt } from './usage.js'

/** Runs a plugin's command and shows what it answers; returns the exit code of the answer. */
export async function execute(
  terminal: Terminal,
  registry: PluginRegistry,
  [command, ...args]: readonly [string, ...string[]],
  {
    json,
    usage,
    signal,
    stdin,
    layout,
  }: ReportOptions & {
    readonly signal: AbortSignal
    /** What the plugin reads. Default: where its streams lead. */
    readonly stdin?: string | Uint8Array | undefined
  },
): Promise<number> {
  const result = await registry.execute(command, args, { signal, ...(stdin === undefined ? {} : { stdin }) })
  if (json) terminal.json(result, layout)
  else show(terminal, command, result)
  if (usage && !json) terminal.receipt(receipt(result.usage))
  if (result.type === 'success') return 0
  // To a shell, an error with the code 0 would be a success.
  return result.code || 1
}

function show(terminal: Terminal, command: string, result: Exclude<ExecuteResult, { type: 'effect' }>): void {
  if (result.stdout !== undefined) terminal.pass(result.stdout)
  if (result.stderr !== undefined) terminal.pass(result.stderr, 'stderr')
  if (result.type === 'error') terminal.pluginError(command, result.message)
  // Nothing to say is nothing, rather than an empty line.
  else if (result.output !== '')
    terminal.pass(result.output.endsWith('\n') ? result.output : `${result.output}\n`)
}
