import { endOnBrokenPipe } from '../broken-pipe.js'
import { checkArgs, checkOptions, checkSignal } from '../options.js'
import { Terminal } from '../terminal.js'
import type { RouterResponse } from './response.js'

/** What `Router.run` carries out. */
export interface RouterRunOptions {
  /** The program's name or path, then the words. Default: `process.argv.slice(1)`. */
  readonly argv?: readonly string[]
  /** Stops the command; `run` rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

type Execute = (
  argv: readonly string[],
  how: { signal?: AbortSignal; color: boolean; width?: number },
) => Promise<RouterResponse>

/** Carries out this process's command line, writes what comes of it, and sets the exit code. */
export async function runProgram(
  execute: Execute,
  options: RouterRunOptions | undefined,
): Promise<RouterResponse> {
  const { argv, signal } = checkOptions(options, 'options', ['argv', 'signal'])
  const terminal = new Terminal(process.stdout, process.stderr, process.env)
  // A program that looks after its streams itself goes on doing so.
  if (process.stdout.listenerCount('error') === 0) endOnBrokenPipe(terminal)
  const { colors, width } = terminal.stdout
  const response = await execute(argv === undefined ? process.argv.slice(1) : checkArgs(argv), {
    ...(signal === undefined ? {} : { signal: checkSignal(signal) as AbortSignal }),
    color: colors.isColorSupported,
    ...(width === undefined ? {} : { width }),
  })
  write(terminal, response)
  return response
}

/**
 * Writes a response, and makes its exit code the process's: data goes to stdout, errors to stderr, in
 * the name of whoever they are from.
 */
export function write(terminal: Terminal, response: RouterResponse): void {
  const { exitCode, from, output, error, stdout, stderr, command, isDocument } = response
  process.exitCode = exitCode
  if (isDocument) {
    terminal.stdout.write(output)
    return
  }
  if (stdout !== undefined) terminal.pass(stdout)
  if (stderr !== undefined) terminal.pass(stderr, 'stderr')
  if (output !== '') {
    const text = output.endsWith('\n') ? output : `${output}\n`
    if (from === 'plugin') terminal.pass(text)
    else terminal.stdout.write(text)
  }
  if (error === undefined) return
  if (error.code === 'ERR_COMMAND_FAILED') terminal.pluginError(command ?? '', error.message)
  else terminal.error(error.message, error.code)
  terminal.explain(error)
}
