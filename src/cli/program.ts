import { Command, CommanderError, Help } from 'commander'
import { colorsFor } from '../colors.js'
import { EXIT_CODES_HELP, EXIT_USAGE } from '../exit-codes.js'
import type { Terminal } from '../terminal.js'
import { wrap } from '../width.js'
import { commandsFor, loadCommand } from './commands.js'
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
  sen help greet                       how a command is called
  sen repl                             a shell with completion
  sen permissions list                 what plugins were granted
  sen completion bash --install        completion in your own shell
  sen doctor                           what is wrong here, and what to do about it

Plugins are .wasm files, looked for in ${DEFAULT_DIRECTORIES}, or where --plugins says.
They run in a sandbox, within limits of fuel, time and memory that options of each command change.

${EXIT_CODES_HELP}`

const HELP_WIDTH = 100
/** Fewer columns than this are no column of text. */
const LEAST_TEXT = 20
const USAGE = 'Usage: '
const INDENT = '  '

/** Does what the command line says, and sets the process's exit code. */
export async function runProgram(args: readonly string[], context: Context): Promise<void> {
  try {
    const program = await createProgram(context, commandsFor(args))
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // What there is to say has been said. Help and version that were asked for are no errors.
    if (error.exitCode !== 0) process.exitCode = EXIT_USAGE
  }
}

/** The command line's definition, with these of its commands: what parses it, and what all help is made of. */
export async function createProgram(context: Context, commands: readonly string[]): Promise<Command> {
  const program = new Command('sen')
  program
    .description('Runs plugins compiled to WebAssembly, within limits.')
    .usage('COMMAND [OPTIONS] [ARGS...]')
    .option('-V, --version', 'show the version')
    .on('option:version', () => showVersion(context.terminal))
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('after', HELP)
    .enablePositionalOptions()
    .exitOverride()
  speakLikeSen(program, context.terminal)
  for (const name of commands) {
    const add = await loadCommand(name)
    add(program, context)
  }
  program.showHelpAfterError('sen --help says more; a command of a plugin is run by sen run COMMAND')
  for (const command of program.commands) {
    command.showHelpAfterError(`sen ${command.name()} --help says more`)
    if (command.commands.length > 0) command.helpCommand('help [command]', 'show help for one of these')
  }
  return program
}

/** Not by Commander's `version`: that wants to be told the version at every start, and it has to be looked up. */
function showVersion({ stdout }: Terminal): never {
  const { version } = packageData()
  stdout.write(`${version}\n`)
  throw new CommanderError(0, 'commander.version', version)
}

/** Help and errors of the argument parser in the colours and words of everything else. */
function speakLikeSen(program: Command, terminal: Terminal): void {
  const { stdout, stderr } = terminal
  program.configureOutput({
    writeOut: text => stdout.write(inWidth(text, stdout.width)),
    writeErr: text => stderr.write(inWidth(text, stderr.width)),
    outputError: text => terminal.error(inOneLine(text)),
    getOutHelpWidth: () => stdout.width ?? HELP_WIDTH,
    getErrHelpWidth: () => stderr.width ?? HELP_WIDTH,
    getOutHasColors: () => stdout.colors.isColorSupported,
    getErrHasColors: () => stderr.colors.isColorSupported,
  })
  // Which stream help goes to is not known here; where it has no colours, they are taken out again.
  const colors = colorsFor(true)
  program.configureHelp({
    minWidthToWrap: LEAST_TEXT,
    commandUsage(this: Help, command) {
      const usage = Help.prototype.commandUsage.call(this, command)
      return wrap(usage, columnsOf(this) - USAGE.length).join(`\n${' '.repeat(USAGE.length)}`)
    },
    formatItem(this: Help, term, termWidth, description, helper) {
      if (columnsOf(this) - termWidth - 2 * INDENT.length >= LEAST_TEXT)
        return Help.prototype.formatItem.call(this, term, termWidth, description, helper)
      // Beside the terms there is no room: below them there is.
      const below = INDENT.repeat(3)
      const text = wrap(description, columnsOf(this) - below.length).map(line => below + line)
      return [INDENT + term, ...text].join('\n')
    },
    styleTitle: title => colors.bold(title),
    styleOptionTerm: term => colors.cyan(term),
    styleSubcommandTerm: term => colors.cyan(term),
    styleArgumentTerm: term => colors.cyan(term),
    subcommandTerm: command => command.name(),
  })
}

function columnsOf({ helpWidth = HELP_WIDTH }: Help): number {
  return helpWidth
}

/** Commander keeps to the width only in what it writes itself, not in what is added to help. */
function inWidth(text: string, width: number | undefined): string {
  // What has colours is Commander's.
  const lines = text.split('\n').flatMap(line => (line.includes('\x1b') ? [line] : wrap(line, width)))
  return lines.join('\n')
}

/** `error: unknown option '--fule'\n(Did you mean --fuel?)` without its label, and as a sentence. */
function inOneLine(text: string): string {
  return text
    .trimEnd()
    .replace(/^error: /, '')
    .replace(/\n\((Did you mean .*\?)\)$/, '. $1')
}
