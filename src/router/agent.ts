import type { Command } from '../command/arguments.js'
import { commandSchema } from '../command/schema.js'
import { toJson } from '../json.js'
import type { RouterResponse } from './response.js'

export const AGENT_FLAG = '--agent'

/** The words without the flag for agent mode, which may be anywhere before `--`. */
export function withoutAgentFlag(words: readonly string[]): { words: string[]; isAgent: boolean } {
  const end = words.indexOf('--')
  const [options, literal] = end < 0 ? [words, []] : [words.slice(0, end), words.slice(end)]
  const rest = options.filter(word => word !== AGENT_FLAG)
  return { words: [...rest, ...literal], isAgent: rest.length < options.length }
}

/** The response whose output is the one document that says all of a response. */
export function agentResponse(response: RouterResponse): RouterResponse {
  const { exitCode, command, output, stdout, stderr, error, usage } = response
  const document = {
    ok: error === undefined && exitCode === 0,
    exitCode,
    command,
    output: error === undefined || output !== '' ? output : undefined,
    // Named one by one: what a handler threw is not for others.
    error: error && {
      code: error.code,
      message: error.message,
      details: error.details,
      usage: error.usage,
      hint: error.hint,
    },
    stdout,
    stderr,
    usage,
  }
  return { ...response, output: `${toJson(document, 'line')}\n`, from: 'program', isDocument: true }
}

/** Help for agents: a command and all below it as a JSON Schema. */
export function agentHelp(command: Command, call: string): RouterResponse {
  const document = { ok: true, exitCode: 0, help: commandSchema(command, call) }
  return { exitCode: 0, output: `${toJson(document, 'line')}\n`, from: 'program', isDocument: true }
}
