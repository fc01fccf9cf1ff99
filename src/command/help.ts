import { type Colors, colorsFor } from '../colors.js'
import { invalidArgument } from '../errors.js'
import { inertExcerpt } from '../excerpt.js'
import { checkInteger, checkOneOf, checkOptions } from '../options.js'
import { widthOf, wrap } from '../width.js'
import { type Argument, type Command, isOption, optionTermOf, placeholderOf, usageOf } from './arguments.js'
import { checkCommand } from './checked-command.js'
import { explanationOf } from './facts.js'
import { markdownHelp } from './markdown.js'

/** Plain text, text with colours for a terminal, or Markdown. */
export type HelpFormat = 'text' | 'ansi' | 'markdown'

/** How `renderHelp` lays out what a command says of itself. */
export interface HelpOptions {
  /** Columns that lines keep to, in text. Default: none, lines are as long as they are. */
  readonly width?: number
  /** How the command is called, `app db` for example. Default: its name. */
  readonly call?: string
  /**
   * Whether subcommands are listed, a line each, or explained in full. Default: listed in text,
   * explained in Markdown.
   */
  readonly subcommands?: 'list' | 'full'
}

interface Row {
  readonly term: string
  readonly text: string
}

interface Layout {
  readonly colors: Colors
  readonly width: number | undefined
  readonly subcommands: 'list' | 'full'
}

export const HELP_FORMATS = ['text', 'ansi', 'markdown'] as const

const INDENT = '  '
const USAGE = 'Usage: '
/** Terms longer than this have their text on the next line. */
const LONGEST_TERM = 30
/** Fewer columns than this are no column of text. */
const LEAST_TEXT = 20

/**
 * Help for a command, from what it says of itself: how it is called, its arguments, options, their
 * defaults and possible values, its subcommands, version and author. Whatever a plugin says is shown
 * inert: no control character of its texts is in the result, and no Markdown or HTML of its own. Text has no more than
 * the first 4,000 characters of what is longer, and a `…`; Markdown has all.
 *
 * @returns Lines, each ended by a line feed.
 * @throws {PluginHostError} `ERR_INVALID_ARG`.
 */
export function renderHelp(spec: Command, format: HelpFormat = 'text', options?: HelpOptions): string {
  checkCommand(spec, 'spec')
  const checked = checkOptions(options, 'options', ['width', 'call', 'subcommands'])
  const { width, call = spec.name, subcommands } = checked
  if (width !== undefined) checkInteger(width, 'options.width', 1, 2 ** 31)
  if (typeof call !== 'string') throw invalidArgument('options.call', 'must be a string')
  if (subcommands !== undefined) checkOneOf(subcommands, 'options.subcommands', ['list', 'full'])
  const lines =
    checkOneOf(format, 'format', HELP_FORMATS) === 'markdown'
      ? markdownHelp(spec, call, subcommands ?? 'full')
      : helpLines(spec, call, {
          colors: colorsFor(format === 'ansi'),
          width,
          subcommands: subcommands ?? 'list',
        })
  return lines.map(line => `${line}\n`).join('')
}

/** The lines of help as text. */
function helpLines(spec: Command, call: string, layout: Layout): string[] {
  const { colors } = layout
  const title = [call, spec.version ?? '']
    .map(text => inertExcerpt(text))
    .join(' ')
    .trimEnd()
  const author = spec.author === undefined ? '' : `by ${spec.author}`
  return [
    ...wrap(title, layout.width).map(line => colors.bold(line)),
    ...text(spec.about, layout),
    ...text(author, layout),
    ...sections(spec, call, layout),
  ]
}

function sections(spec: Command, call: string, layout: Layout): string[] {
  const { colors, width } = layout
  const room = width === undefined ? undefined : Math.max(1, width - USAGE.length)
  const [usage = '', ...more] = wrap(inertExcerpt(usageOf(spec, call)), room)
  const { subcommands } = spec
  const list = subcommands.map(({ name, about }) => ({ term: inertExcerpt(name), text: inertExcerpt(about) }))
  return [
    '',
    `${colors.bold(USAGE.trimEnd())} ${usage}`,
    ...more.map(line => `${' '.repeat(USAGE.length)}${line}`),
    ...section('Arguments:', spec.args.filter(arg => !isOption(arg)).map(argument), layout),
    ...section('Options:', spec.args.filter(isOption).map(option), layout),
    ...(layout.subcommands === 'list'
      ? section('Commands:', list, layout)
      : subcommands.flatMap(subcommand => explained(subcommand, call, layout))),
  ]
}

/** A subcommand in full, set in from its command. */
function explained(subcommand: Command, call: string, layout: Layout): string[] {
  const lines = helpLines(subcommand, `${call} ${subcommand.name}`, narrowed(layout, INDENT.length))
  return ['', ...lines.map(line => (line === '' ? '' : INDENT + line))]
}

function section(title: string, rows: readonly Row[], { colors, width }: Layout): string[] {
  if (rows.length === 0) return []
  const column = rows.reduce((widest, { term }) => Math.max(widest, Math.min(widthOf(term), LONGEST_TERM)), 0)
  const beside = 2 * INDENT.length + column
  // On a narrow terminal texts are below their terms.
  const isNarrow = width !== undefined && width - beside < LEAST_TEXT
  const margin = ' '.repeat(isNarrow ? 2 * INDENT.length : beside)
  const room = width === undefined ? undefined : Math.max(1, width - margin.length)
  const lines = rows.flatMap(({ term, text }) => {
    const terms = wrap(term, width === undefined ? undefined : Math.max(1, width - INDENT.length))
    const shown = terms.map(line => INDENT + colors.cyan(line))
    if (text === '') return shown
    const texts = wrap(text, room).map(line => margin + line)
    if (isNarrow || terms.length > 1 || widthOf(term) > column) return [...shown, ...texts]
    const [first = '', ...more] = texts
    const padding = ' '.repeat(column - widthOf(term))
    return [shown + padding + INDENT + first.slice(margin.length), ...more]
  })
  return ['', colors.bold(title), ...lines]
}

function argument(arg: Argument): Row {
  return { term: inertExcerpt(placeholderOf(arg)), text: explanationOf(arg) }
}

function option(arg: Argument): Row {
  return { term: inertExcerpt(optionTermOf(arg)), text: explanationOf(arg) }
}

function text(line: string, { width }: Layout): string[] {
  return line === '' ? [] : wrap(inertExcerpt(line), width)
}

function narrowed(layout: Layout, by: number): Layout {
  const { width } = layout
  return { ...layout, width: width === undefined ? undefined : Math.max(LEAST_TEXT, width - by) }
}
