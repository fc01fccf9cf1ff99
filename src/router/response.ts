import type { ArgumentProblem } from '../command/check.js'
import type { SuspendedExecution } from '../effects/suspended.js'
import { invalidArgument, isPluginHostError, type PluginHostErrorCode } from '../errors.js'
import { EXIT_CODES, EXIT_INTERNAL, EXIT_USAGE } from '../exit-codes.js'
import { messageOf } from '../message.js'
import { checkInteger, checkOptions } from '../options.js'
import type { ExecuteResult, Usage } from '../outcome.js'

/** @inline */
type Answer = Exclude<ExecuteResult, { type: 'effect' }>

/**
 * What went wrong: the code of a `PluginHostError`, or
 * - `ERR_USAGE`: what was typed is not how the command is called,
 * - `ERR_COMMAND_FAILED`: the plugin answered with an error of its own,
 * - `ERR_HANDLER`: a handler or middleware of the program threw.
 */
export type RouterErrorCode = PluginHostErrorCode | 'ERR_USAGE' | 'ERR_COMMAND_FAILED' | 'ERR_HANDLER'

/** Why a command did not do what was asked. */
export interface RouterError {
  /** For programs. A handler may answer with a code of its own. */
  readonly code: RouterErrorCode | (string & {})
  /** For people: what happened and what to do. May quote a plugin. */
  readonly message: string
  /** The context of the code: for `ERR_USAGE` the `kind` of problem, the `argument` and `suggestions`. */
  readonly details: object
  /** How the command is called, where what was typed is wrong. */
  readonly usage?: string
  /** What says more: `app greet --help says more`. */
  readonly hint?: string
  /** What a handler or middleware threw. */
  readonly cause?: unknown
}

/** What came of a command line. */
export interface RouterResponse {
  /**
   * For the shell: 0 for success, the plugin's own code for its errors (1 where it gives none), 2 for
   * wrong usage, 70 and up for faults, by kind, as `sen` has them.
   */
  readonly exitCode: number
  /** What goes to stdout: the command's answer, help, or in agent mode the document. */
  readonly output: string
  /** Whose text `output` and `error.message` are: what a plugin says is to be shown inert on a terminal. */
  readonly from: 'program' | 'plugin'
  /** The command that ran, `greet` or `db migrate` for example. Absent where none was found. */
  readonly command?: string
  /** Why it did not do what was asked; absent where it did. */
  readonly error?: RouterError
  /** Whether `output` is the one document of agent mode, which has everything else in it. */
  readonly isDocument?: true
  /** What a plugin used. */
  readonly usage?: Usage
  /** What a plugin wrote to its standard streams, where it may. */
  readonly stdout?: string
  /** The same for standard error. */
  readonly stderr?: string
}

/** What a handler may answer with: a text, nothing, or parts of a response. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing.
export type Reply = string | void | undefined | Partial<RouterResponse>

const REPLY_KEYS = [
  'exitCode',
  'output',
  'from',
  'command',
  'error',
  'usage',
  'stdout',
  'stderr',
  'isDocument',
] as const

/**
 * What a plugin answered, as a response.
 *
 * @throws {PluginHostError} `ERR_INVALID_ARG` where the plugin waits for an effect: types do not let a
 *   registry in that leaves those to its callers, but not all programs have types.
 */
export function answerOf(result: Answer | SuspendedExecution): RouterResponse {
  if (result.type === 'effect') {
    result.close()
    throw invalidArgument('registry', "must carry effects out itself, and not be made with effects: 'manual'")
  }
  const { usage, stdout, stderr } = result
  const streams = { ...(stdout === undefined ? {} : { stdout }), ...(stderr === undefined ? {} : { stderr }) }
  const common = { from: 'plugin', usage, ...streams } as const
  if (result.type === 'success') return { ...common, exitCode: 0, output: result.output }
  const { code, message } = result
  return {
    ...common,
    // To a shell, an error with the code 0 would be a success.
    exitCode: code || 1,
    output: '',
    error: { code: 'ERR_COMMAND_FAILED', message, details: { code } },
  }
}

/** Whatever was thrown on the way, as a response. */
export function failureOf(error: unknown): RouterResponse {
  // A plugin's words are checked: who gave a wrong argument is the program.
  if (!isPluginHostError(error) || error.code === 'ERR_INVALID_ARG') {
    const message = messageOf(error)
    return failure('program', EXIT_INTERNAL, { code: 'ERR_HANDLER', message, details: {}, cause: error })
  }
  const { code, message, details } = error
  const response = failure('plugin', EXIT_CODES[code], { code, message, details, cause: error })
  return 'usage' in details && details.usage !== undefined ? { ...response, usage: details.usage } : response
}

/** What was typed is not how a command is called. */
export function usageFailure(problem: ArgumentProblem, hint: string): RouterResponse {
  const { kind, argument, message, usage, suggestions } = problem
  const details = { kind, argument, suggestions }
  return failure('program', EXIT_USAGE, { code: 'ERR_USAGE', message, details, usage, hint })
}

/** There is no such command. */
export function notFoundFailure(
  command: string,
  { message, suggestions }: ArgumentProblem,
  hint: string,
): RouterResponse {
  const code = 'ERR_COMMAND_NOT_FOUND'
  return failure('program', EXIT_CODES[code], { code, message, details: { command, suggestions }, hint })
}

/** A handler's reply, made whole. */
export function responseOf(reply: Reply): RouterResponse {
  if (reply === undefined || typeof reply === 'string')
    return { exitCode: 0, output: reply ?? '', from: 'program' }
  const { exitCode, output = '', from = 'program', ...rest } = checkOptions(reply, 'reply', REPLY_KEYS)
  if (typeof output !== 'string') throw invalidArgument('reply.output', 'must be a string')
  const code = exitCode ?? (rest.error === undefined ? 0 : 1)
  return { ...rest, exitCode: checkInteger(code, 'reply.exitCode', 0, 255), output, from }
}

function failure(from: RouterResponse['from'], exitCode: number, error: RouterError): RouterResponse {
  return { exitCode, output: '', from, error }
}
