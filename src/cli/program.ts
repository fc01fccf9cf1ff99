import { Command, CommanderError } from 'commander'
import { colorsFor } from '../colors.js'
import { EXIT_CODES_HELP, EXIT_USAGE } from '../exit-codes.js'
import type { Terminal } from '../terminal.js'
import { addAudit } from './commands/audit.js'
import { addCache } from './commands/cache.js'
import { addDoctor } from './commands/doctor.js'
import { addInspect } from './commands/inspect.js'
import { addList } from './commands/list.js'
import { addPermissions } from './commands/permissions.js'
import { addRepl } from './commands/repl.js'
import { addRun } from './commands/run.js'
import { addScan } from './commands/scan.js'
import { addWatch } from './commands/watch.js'
import type { Context } from './context.js'
import { DEFAULT_DIRECTORIES } from './directories.js'
import { packageData } from './package-data.js'

const HELP = `
Examples:
  sen list                             what can be run
  sen run greet Ada                    run a command of a plugin
  sen run --fuel 1000000 greet Ada     with less fuel than usual
  sen inspect plugins/greet.wasm       what a plugin is, and asks for
  sen watch plugins                    what is loaded, reloaded or fails there
  sen repl                             a shell with completion
  sen permissions list                 what plugins were granted
  sen doctor                           what is wrong here, and what to do about it

Plugins are .wasm files, looked for in ${DEFAULT_DIRECTORIES}, or where --plugins says.
They run in a sandbox, within limits of fuel, time and memory that options of each command change.

${EXIT_CODES_HELP}`

const HELP_WIDTH = 100

/** Does what the command line says, and sets the process's exit code. */
export async function runProgram(args: readonly string[], context: Context): Promise<void> {
  try {
    await createProgram(context).parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // What there is to say has been said. Help and version that were asked for are no errors.
    if (error.exitCode !== 0) process.exitCode = EXIT_USAGE
  }
}

function createProgram(context: Context): Command {
  const program = new Command('sen')
  program
    .description('Runs plugins compiled to WebAssembly, within limits.')
    .usage('COMMAND [OPTIONS] [ARGS...]')
    .version(packageData().version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', HELP)
    .enablePositionalOptions()
    .exitOverride()
  speakLikeSen(program, context.terminal)
  for (const add of [
    addRun,
    addList,
    addInspect,
    addScan,
    addWatch,
    addRepl,
    addAudit,
    addPermissions,
    addCache,
    addDoctor,
  ])
    add(program, context)
  program.showHelpAfterError('sen --help says more; a command of a plugin is run by sen run COMMAND')
  for (const command of program.commands) command.showHelpAfterError(`sen ${command.name()} --help says more`)
  return program
}

/** Help and errors of the argument parser in the colours and words of everything else. */
function speakLikeSen(program: Command, terminal: Terminal): void {
  const { stdout, stderr } = terminal
  program.configureOutput({
    writeOut: text => stdout.write(text),
    writeErr: text => stderr.write(text),
    outputError: text => terminal.error(inOneLine(text)),
    getOutHelpWidth: () => stdout.width ?? HELP_WIDTH,
    getErrHelpWidth: () => stderr.width ?? HELP_WIDTH,
    getOutHasColors: () => stdout.colors.isColorSupported,
    getErrHasColors: () => stderr.colors.isColorSupported,
  })
  // Which stream help goes to is not known here; where it has no colours, they are taken out again.
  const colors = colorsFor(true)
  program.configureHelp({
    styleTitle: title => colors.bold(title),
    styleOptionTerm: term => colors.cyan(term),
    styleSubcommandTerm: term => colors.cyan(term),
    styleArgumentTerm: term => colors.cyan(term),
    subcommandTerm: command => command.name(),
  })
}

/** `error: unknown option '--fule'\n(Did you mean --fuel?)` without its label, and as a sentence. */
function inOneLine(text: string): string {
  return text
    .trimEnd()
    .replace(/^error: /, '')
    .replace(/\n\((Did you mean .*\?)\)$/, '. $1')
}
