import type { Command } from 'commander'
import type { PluginRegistry } from '../../index.js'
import { Catalogue } from '../catalogue.js'
import { answerWords } from '../checked-words.js'
import { type Context, perform } from '../context.js'
import { pluginDirectories } from '../directories.js'
import { execute } from '../execution.js'
import { addExecutionOptions, type ExecutionOptions, executingOf } from '../execution-options.js'
import { noteDirectories, noteProblems } from '../notes.js'
import { loadingOf } from '../options.js'

const HELP = `
What comes after COMMAND is the plugin's, options and "--" included; sen's own options come before.
It is checked against what the plugin says of itself, and --help there shows that, without running it.
A plugin that names no arguments gets all words untouched; with --passthrough, any does.
A plugin that may use standard streams reads and writes those of sen; with --json, what it writes is in the document.

Examples:
  sen run greet Ada --style shout
  sen run greet --help
  sen run --fuel 1000000 --timeout 2s spin
  sen run --plugins ./mine --json hello | jq .output
  sen run --trust-command fetch fetch https://example.com

A plugin that asks for capabilities is asked about on the terminal; sen permissions shows the answers.`

/** `sen run`: one command of a plugin. */
export function addRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .summary('run a command of a plugin')
    .description(
      "Runs a command of a plugin: its output goes to stdout, its error to stderr, and its code is sen's.",
    )
    .usage('[OPTIONS] COMMAND [ARGS...]')
    .argument('<command>', 'the command, as sen list shows it')
    .argument('[args...]', 'what the plugin gets, as it is typed')
    .passThroughOptions()
  addExecutionOptions(command)
  command.addHelpText('after', HELP)
  command.action(async (name: string, args: readonly string[], options: ExecutionOptions) => {
    await perform(context, options, () => run(context, [name, ...args], options))
  })
}

async function run(
  { terminal, signal }: Context,
  words: readonly [string, ...string[]],
  options: ExecutionOptions,
): Promise<number> {
  const [command, ...args] = words
  const directories = await pluginDirectories(options)
  const executing = executingOf(terminal, options)
  const catalogue = await Catalogue.find(command, directories, loadingOf(options), executing)
  noteProblems(terminal, catalogue)
  if (!catalogue.registry.hasCommand(command)) {
    noteDirectories(terminal, directories)
    const failure = catalogue.failureOf(command)
    if (failure !== undefined) throw failure.error
  }
  const spec = catalogue.registry.getManifest(command)?.command
  if (spec !== undefined && (await answerWords(terminal, spec, args, options))) return 0
  const stdin = options.json ? await pipedInput(catalogue.registry, command) : undefined
  return await execute(terminal, catalogue.registry, words, { ...options, signal, stdin })
}

/** All that is piped in, for a plugin that asks for it and whose streams are captured. */
async function pipedInput(registry: PluginRegistry, command: string): Promise<Uint8Array | undefined> {
  const asks = registry.getManifest(command)?.capabilities.stdio.stdin === true
  if (!asks || process.stdin.isTTY) return undefined
  const { buffer } = await import('node:stream/consumers')
  return await buffer(process.stdin)
}
