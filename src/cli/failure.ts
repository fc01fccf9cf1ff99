import { EXIT_CODES, EXIT_INTERNAL, EXIT_USAGE } from '../exit-codes.js'
import { isPluginHostError, type Usage } from '../index.js'
import type { Terminal } from '../terminal.js'
import { LIMIT_FLAGS, type ReportOptions } from './options.js'
import { receipt } from './usage.js'

/** What is said of wrong usage beside what is wrong. */
interface UsageNotes extends ErrorOptions {
  /** For programs. Default: nothing. */
  readonly details?: object
  /** How a plugin's command is called. */
  readonly usage?: string
  /** What says more. */
  readonly hint?: string
}

/** What was typed cannot be done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'ERR_USAGE'
  readonly notes: Omit<UsageNotes, 'cause'>

  constructor(message: string, { cause, ...notes }: UsageNotes = {}) {
    super(message, cause === undefined ? {} : { cause })
    this.notes = notes
  }
}

export interface Failure extends Omit<UsageNotes, 'details' | 'cause'> {
  readonly code: string
  readonly message: string
  readonly details: object
  readonly exitCode: number
}

/** Whatever was thrown, in the words of the command line. */
export function failureOf(error: unknown): Failure {
  if (isPluginHostError(error)) {
    const { code, message, details } = error
    return { code, message: inWordsOfOptions(message), details, exitCode: EXIT_CODES[code] }
  }
  if (error instanceof UsageError) {
    const { code, message, notes } = error
    return { code, message, details: {}, ...notes, exitCode: EXIT_USAGE }
  }
  if (isSystemError(error)) {
    // What was typed named the path: a directory, or a file.
    const { code, path } = error
    return {
      code,
      message: `${path}: ${SYSTEM_PROBLEMS[code] ?? error.message}`,
      details: { path },
      exitCode: EXIT_USAGE,
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'ERR_INTERNAL', message, details: {}, exitCode: EXIT_INTERNAL }
}

/** Shows what was thrown; returns the exit code for it. */
export function report(terminal: Terminal, error: unknown, options: ReportOptions): number {
  const { exitCode, ...failure } = failureOf(error)
  const { code, message, details } = failure
  if (options.json) terminal.json({ error: failure }, options.layout)
  else {
    terminal.error(message, code)
    terminal.explain(failure)
  }
  if (options.usage && !options.json && 'usage' in details) terminal.receipt(receipt(details.usage as Usage))
  if ((options.verbose || process.env.DEBUG) && error instanceof Error && error.stack)
    terminal.trace(error.stack)
  return exitCode
}

const SYSTEM_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'this is not a directory',
  EISDIR: 'this is a directory, where a file is needed',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
}

/** The library's messages name its options: here they are the command line's. */
function inWordsOfOptions(message: string): string {
  return message
    .replaceAll('options.cache', '--cache')
    .replaceAll('options.effects.http.allowPrivate', '--allow-private')
    .replace(/`limits\.(\w+)`|\b(?:options\.)?limits\.(\w+)/g, (name, quoted: string, plain: string) => {
      const key = quoted ?? plain
      return Object.hasOwn(LIMIT_FLAGS, key) ? LIMIT_FLAGS[key as keyof typeof LIMIT_FLAGS] : name
    })
}

function isSystemError(error: unknown): error is Error & { code: string; path: string } {
  return error instanceof Error && 'syscall' in error && 'path' in error && 'code' in error
}
