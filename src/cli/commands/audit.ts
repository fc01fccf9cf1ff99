import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { AUDIT_EVENT_TYPES } from '../../audit/event.js'
import { checkFilter } from '../../audit/filter.js'
import { followAudit, readOnce } from '../../audit/read.js'
import { type AuditEntry, type AuditEvent, type AuditEventType, defaultAuditPath } from '../../index.js'
import type { Terminal } from '../../terminal.js'
import { type Context, perform } from '../context.js'
import { parseMoment } from '../moments.js'
import { addReportOptions, type ReportOptions } from '../options.js'
import { OWN_AUDIT_FILE } from '../own-audit.js'
import { displayPath } from '../paths.js'
import { type Layout, layout } from '../table.js'
import { counted, parseCount } from '../units.js'

interface ShowOptions extends ReportOptions {
  readonly type?: readonly AuditEventType[]
  readonly command?: string
  readonly since?: Date
  readonly until?: Date
  readonly limit?: number
  readonly follow?: boolean
}

const HELP = `
The files that were full before FILE was begun are read as well. With --json, one event a line.

Examples:
  sen audit show --type denied --type escalated --since 7d
  sen audit show --follow --limit 10 ./audit.jsonl`

/** Lines of a file that is no audit at all are not all shown. */
const MOST_NOTES = 10

const COLUMNS = [
  { title: 'TIME', least: '2026-01-01T00:00:00.000Z'.length },
  { title: 'EVENT', least: Math.max(...AUDIT_EVENT_TYPES.map(type => type.length)) },
  { title: 'COMMAND', cut: 'end', most: 80, least: 12 },
  { title: 'DETAILS', cut: 'end', most: 500, least: 24 },
  { title: 'FILE', cut: 'start', least: 24 },
  { title: 'MODULE', cut: 'end', least: 'blake3:'.length + 12 },
] as const

/** `sen audit`: what plugins asked for, were granted, and did with it. */
export function addAudit(program: Command, context: Context): void {
  const audit = program
    .command('audit')
    .summary('show what plugins asked for, were granted or refused, and used')
    .description(
      `What plugins that sen run and sen repl execute asked for, were granted or refused, and used is written to a file: ${OWN_AUDIT_FILE}.`,
    )
  const command = audit
    .command('show')
    .summary('show what was recorded')
    .description('Shows what was recorded, the oldest first.')
    .argument('[file]', `the audit file (default: sen's own, ${OWN_AUDIT_FILE})`)
    .addOption(
      new Option('--type <TYPE>', 'only events of this type; may be repeated')
        .choices(AUDIT_EVENT_TYPES)
        .argParser(eventType),
    )
    .option('--command <NAME>', 'only what concerns this command')
    .option('--since <TIME>', 'only from then on: 2026-03-01, 2026-03-01T12:00Z, or 15m, 2h, 7d ago', moment)
    .option('--until <TIME>', 'only before then', moment)
    .option('-n, --limit <N>', 'only the last so many', limit)
    .option('-f, --follow', 'go on with what is recorded from now on, until Ctrl-C')
  addReportOptions(command)
  command.addHelpText('after', HELP)
  command.action(async (file: string | undefined, options: ShowOptions) => {
    await perform(context, options, () => show(context, file, options))
  })
}

async function show(
  { terminal, signal }: Context,
  file: string | undefined,
  options: ShowOptions,
): Promise<number> {
  const { follow, limit = Number.POSITIVE_INFINITY } = options
  const audit = { path: file === undefined ? defaultAuditPath() : resolve(file), signal }
  const isWanted = checkFilter(filterOf(options), 'filter')
  const view = options.json ? new JsonView(terminal) : new TableView(terminal)
  let most = limit
  try {
    for await (const entries of follow ? followAudit(audit) : [readOnce(audit)]) {
      view.show(await wantedOf(entries, isWanted, most))
      // Of what comes from now on, everything.
      most = Number.POSITIVE_INFINITY
    }
  } catch (error) {
    // Sen's own begins with the first plugin that asks for anything.
    if (file !== undefined || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    terminal.note('nothing has been recorded yet')
  }
  return 0
}

function filterOf({ type, command, since, until }: ShowOptions): Parameters<typeof checkFilter>[0] {
  return {
    ...(type === undefined ? {} : { type }),
    ...(command === undefined ? {} : { command }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
}

interface Batch {
  readonly events: readonly AuditEvent[]
  readonly invalid: readonly Extract<AuditEntry, { type: 'invalid' }>[]
}

async function wantedOf(
  entries: AsyncIterable<AuditEntry>,
  isWanted: (event: AuditEvent) => boolean,
  most: number,
): Promise<Batch> {
  const events: AuditEvent[] = []
  const invalid: Extract<AuditEntry, { type: 'invalid' }>[] = []
  for await (const entry of entries) {
    if (entry.type === 'invalid') invalid.push(entry)
    else if (isWanted(entry.event)) events.push(entry.event)
    // Not one by one: each would move all the others.
    if (events.length > 2 * most + 1000) events.splice(0, events.length - most)
  }
  return { events: events.slice(Math.max(0, events.length - most)), invalid }
}

interface View {
  show(batch: Batch): void
}

/** For programs: one JSON document a line. */
class JsonView implements View {
  readonly #terminal: Terminal

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show({ events, invalid }: Batch): void {
    noteInvalid(this.#terminal, invalid)
    for (const event of events) this.#terminal.json(event, 'line')
  }
}

/** For people: a table, to which rows come. */
class TableView implements View {
  readonly #terminal: Terminal
  #layout: Layout | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show({ events, invalid }: Batch): void {
    const terminal = this.#terminal
    noteInvalid(terminal, invalid)
    const rows = events.map(({ time, type, command, digest, path, details }) => [
      time,
      type,
      command,
      details === undefined ? '-' : JSON.stringify(details),
      path === undefined ? '-' : displayPath(path),
      digest,
    ])
    if (rows.length === 0) return
    const isFirst = this.#layout === undefined
    this.#layout ??= layout(COLUMNS, rows, terminal.stdout)
    terminal.print([...(isFirst ? [this.#layout.header] : []), ...this.#layout.lines(rows)])
  }
}

/** Lines that are no records: something is wrong with the file, and nothing with the rest. */
function noteInvalid(terminal: Terminal, invalid: Batch['invalid']): void {
  for (const { path, line, text } of invalid.slice(0, MOST_NOTES)) {
    terminal.note(`${displayPath(path)}, line ${line} is no record: ${text}`)
  }
  if (invalid.length > MOST_NOTES) {
    terminal.note(`${counted(invalid.length - MOST_NOTES, 'more line')} of these files are no records`)
  }
}

function eventType(word: string, earlier: readonly string[] = []): readonly string[] {
  if (!AUDIT_EVENT_TYPES.some(type => type === word)) {
    throw new InvalidArgumentError(`There are: ${AUDIT_EVENT_TYPES.join(', ')}.`)
  }
  return [...earlier, word]
}

function moment(text: string): Date {
  const moment = parseMoment(text, Date.now())
  if (moment === undefined) {
    throw new InvalidArgumentError(
      'It must be a time such as 2026-03-01, 2026-03-01T12:00Z, or 15m, 2h or 7d ago.',
    )
  }
  return moment
}

function limit(text: string): number {
  const count = parseCount(text)
  if (count === undefined) throw new InvalidArgumentError('It must be a whole number.')
  return Number(count)
}
