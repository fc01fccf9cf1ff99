import type { Command } from 'commander'
import { CACHE_VARIABLE, type Cache, checkCache } from '../../cache.js'
import { inertLine } from '../../inert.js'
import type { CacheEntry } from '../../native.js'
import { textOfError } from '../../text-of-error.js'
import { amountOf } from '../artefacts.js'
import { type Context, perform } from '../context.js'
import { UsageError } from '../failure.js'
import { addCacheOption, addReportOptions, type CacheOptions, type ReportOptions } from '../options.js'
import { displayPath } from '../paths.js'
import { table } from '../table.js'
import { counted, formatSize } from '../units.js'

type Options = CacheOptions & ReportOptions
type Action = (context: Context, cache: Cache, options: Options) => number

const COLUMNS = [
  { title: 'COMMAND' },
  { title: 'COMPILED FOR' },
  { title: 'SIZE' },
  { title: 'LAST USED' },
  { title: 'MODULE', cut: 'end' },
] as const

/** `sen cache`: what is kept of compiled plugins. */
export function addCache(program: Command, context: Context): void {
  const cache = program
    .command('cache')
    .summary('show, check or delete the compiled code of plugins that is kept')
    .description('Compiled code of plugins is kept, so that they load at once the next time.')
  const add = (name: string, summary: string, action: Action) => {
    const command = cache
      .command(name)
      .summary(summary)
      .description(`${sentence(summary)}.`)
    addCacheOption(command)
    addReportOptions(command)
    command.action(async (options: Options) => {
      await perform(context, options, async () => action(context, named(options), options))
    })
  }
  add('list', 'list what is kept, what was used last first', list)
  add('clear', 'delete all that is kept', clear)
  add('verify', 'authenticate all that is kept, and delete what fails', verify)
}

function list({ terminal }: Context, cache: Cache, { json }: Options): number {
  const entries = using(cache, ({ native }) => native.list()).sort((a, b) => b.lastUsedMs - a.lastUsedMs)
  const { bytes, amount } = amountOf(entries)
  if (json) {
    terminal.json({ directory: cache.directory, bytes, entries: entries.map(data) })
    return 0
  }
  // Code for long computations has no manifest of its own.
  const commands = new Map(entries.map(({ contents }) => [contents?.digest, contents?.command]))
  for (const { contents } of entries) {
    if (contents?.command !== undefined) commands.set(contents.digest, contents.command)
  }
  const rows = entries.map(({ contents, bytes, lastUsedMs }) => [
    commands.get(contents?.digest) ?? '-',
    contents === undefined ? 'not authentic' : contents.compiledFor,
    formatSize(bytes),
    new Date(lastUsedMs).toISOString().slice(0, 16).replace('T', ' '),
    contents?.digest ?? '-',
  ])
  if (rows.length > 0) terminal.print(table(COLUMNS, rows, terminal.stdout))
  terminal.note(`${amount}, in ${displayPath(cache.directory)}`)
  return 0
}

function clear({ terminal }: Context, cache: Cache, { json }: Options): number {
  const removed = using(cache, ({ native }) => native.clear())
  const { directory } = cache
  if (json) terminal.json({ directory, removed })
  else terminal.print([`deleted ${counted(removed, 'artefact')} from ${shown(cache)}`])
  return 0
}

function verify({ terminal }: Context, cache: Cache, { json }: Options): number {
  const { valid, removed } = using(cache, ({ native }) => native.verify())
  const { directory } = cache
  if (json) {
    terminal.json({ directory, valid, removed })
    return 0
  }
  terminal.print([
    `${counted(valid, 'artefact')} in ${shown(cache)} authenticated`,
    ...(removed > 0 ? [`deleted ${counted(removed, 'artefact')} that failed authentication`] : []),
  ])
  return 0
}

/** The cache that was named, or the user's. */
function named({ cache: directory }: Options): Cache {
  const cache = checkCache(directory, 'options.cache')
  if (cache === undefined) {
    throw new UsageError(`${CACHE_VARIABLE} switches the cache off: name a directory with --cache DIR`)
  }
  return cache
}

/** Does something with a cache. That it cannot be used is no defect of sen. */
function using<T>(cache: Cache, work: (cache: Cache) => T): T {
  try {
    return work(cache)
  } catch (error) {
    const reason = textOfError(error)
    throw new UsageError(`${displayPath(cache.directory)}: ${reason}`, { cause: error })
  }
}

function shown({ directory }: Cache): string {
  return inertLine(displayPath(directory))
}

function data({ name, bytes, lastUsedMs, contents }: CacheEntry): object {
  const entry = { name, bytes, lastUsed: new Date(lastUsedMs).toISOString() }
  if (contents === undefined) return { ...entry, authentic: false }
  const { digest, compiledFor, command } = contents
  return { ...entry, authentic: true, digest, compiledFor, command }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
