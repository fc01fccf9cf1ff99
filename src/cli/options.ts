import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CacheOption, Limits } from '../index.js'
import { DEFAULT_DIRECTORIES } from './directories.js'
import { parseCount, parseDuration, parseSize } from './units.js'

/** How a command shows what it has to say. */
export interface ReportOptions {
  readonly json?: boolean
  readonly verbose?: boolean
  /** Whether to say what an execution used. */
  readonly usage?: boolean
  /** How a JSON document is laid out. */
  readonly layout?: 'lines' | 'line'
}

interface LimitOptions {
  readonly fuel?: bigint
  readonly memory?: number
  readonly timeout?: number
  readonly tableElements?: number
  readonly resultBytes?: number
  readonly maxEffects?: number
}

export interface CacheOptions {
  /** A directory, or none at all. Absent: the user's. */
  readonly cache?: string | false
}

/** What all commands that load plugins have. */
export type LoadOptions = LimitOptions & CacheOptions

/** The option of each limit, for messages that name the limit. */
export const LIMIT_FLAGS: Readonly<Record<keyof Limits, string>> = {
  fuel: '--fuel',
  memoryBytes: '--memory',
  timeoutMs: '--timeout',
  tableElements: '--table-elements',
  resultBytes: '--result-bytes',
  maxEffects: '--max-effects',
}

export function addReportOptions(command: Command): Command {
  return addVerboseOption(command.option('--json', 'print one JSON document'))
}

export function addVerboseOption(command: Command): Command {
  return command.option('--verbose', 'show where in the program an error comes from')
}

/** Where plugins' streams lead: a document has what they write in it, and nothing beside it. */
export function stdioOf({ json = false }: ReportOptions): 'capture' | 'inherit' {
  return json ? 'capture' : 'inherit'
}

export function addUsageOption(command: Command): Command {
  return command.option('-u, --usage', 'say on stderr what an execution used: fuel, time and memory')
}

export function addDirectoryOption(command: Command): Command {
  return command.option(
    '-p, --plugins <DIR>',
    `where plugins are; may be repeated, and the first directory that has a command provides it (default: ${DEFAULT_DIRECTORIES})`,
    directories,
  )
}

/** How long a file that changes is left alone. */
export function debounceOption(): Option {
  return new Option(
    '--debounce <TIME>',
    'how long a file is to be quiet before it is read (default: 500ms)',
  ).argParser(duration)
}

/** Limits, and where compiled code is kept. */
export function addLoadOptions(command: Command): Command {
  return addCacheOption(addLimitOptions(command)).option('--no-cache', 'keep no compiled code, and use none')
}

export function addCacheOption(command: Command): Command {
  return command.option(
    '--cache <DIR>',
    "where compiled code is kept (default: the user's cache directory)",
    directory,
  )
}

function addLimitOptions(command: Command): Command {
  return command
    .option('--fuel <N>', 'units of fuel for each call into a plugin (default: 10,000,000)', count)
    .option('--memory <SIZE>', 'memory of a plugin: bytes, or 512K, 64MiB, 1G (default: 64MiB)', size)
    .option(
      '--timeout <TIME>',
      'time inside a plugin for each call: milliseconds, or 2s (default: 1s)',
      duration,
    )
    .option('--table-elements <N>', 'elements of the tables of a plugin (default: 100,000)', smallCount)
    .option('--result-bytes <SIZE>', 'bytes of a result or manifest (default: 4MiB)', size)
    .option('--max-effects <N>', 'effects in one execution (default: 64)', smallCount)
}

/** What a loader, scanner or registry is made with. */
export function loadingOf(options: LoadOptions): { limits: Limits; cache?: CacheOption } {
  const { cache } = options
  return { limits: limitsOf(options), ...(cache === undefined ? {} : { cache }) }
}

function limitsOf(options: LimitOptions): Limits {
  const { fuel, memory, timeout, tableElements, resultBytes, maxEffects } = options
  return {
    ...(fuel === undefined ? {} : { fuel }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(tableElements === undefined ? {} : { tableElements }),
    ...(resultBytes === undefined ? {} : { resultBytes }),
    ...(maxEffects === undefined ? {} : { maxEffects }),
  }
}

// The ranges are the library's to check.

function count(text: string): bigint {
  return valid(parseCount(text), 'It must be a whole number.')
}

function smallCount(text: string): number {
  return Number(count(text))
}

function size(text: string): number {
  return valid(parseSize(text), 'It must be a size such as 65536, 512K, 64MiB or 1G.')
}

function duration(text: string): number {
  return valid(parseDuration(text), 'It must be a time such as 500, 500ms, 2s or 1m.')
}

/** A directory that is named: an empty name, such as that of a variable which is not set, would be the working directory. */
export function directory(path: string): string {
  return valid(path || undefined, 'It must be the name of a directory.')
}

/** One directory after another. */
export function directories(path: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, directory(path)]
}

function valid<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new InvalidArgumentError(problem)
  return value
}
