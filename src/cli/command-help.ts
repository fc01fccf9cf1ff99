import type { ArgSpec, CommandSpec } from '../index.js'
import { inertLine } from '../inert.js'
import type { Colors } from './terminal.js'
import { widthOf } from './width.js'

interface Row {
  readonly term: string
  readonly text: string
}

const INDENT = '  '
/** Terms longer than this have their text on the next line. */
const LONGEST_TERM = 30

/** What a command says of itself, as lines: how it is called, its arguments, options and subcommands. */
export function commandHelp(spec: CommandSpec, colors: Colors): string[] {
  const title = [spec.name, spec.version ?? ''].map(inertLine).join(' ').trimEnd()
  const head = [
    colors.bold(title),
    ...text(spec.about),
    ...text(spec.author === undefined ? '' : `by ${spec.author}`),
  ]
  return [...head, ...sections(spec, spec.name, colors)]
}

/** A command's options come before its arguments, as they are typed. */
export function isOption({ long, short }: ArgSpec): boolean {
  return long !== undefined || short !== undefined
}

/** The flags of an option, with their dashes, long one last. */
export function flagsOf({ long, short }: ArgSpec): string[] {
  const flags: string[] = []
  if (short !== undefined) flags.push(`-${short.replace(/^-/, '')}`)
  if (long !== undefined) flags.push(`--${long.replace(/^--/, '')}`)
  return flags
}

/** Whether an option is known to take a value. Manifests do not say it of those that name none. */
export function takesValue({ valueName, defaultValue, possibleValues }: ArgSpec): boolean {
  return valueName !== undefined || defaultValue !== undefined || possibleValues !== undefined
}

function sections(spec: CommandSpec, call: string, colors: Colors): string[] {
  const options = spec.args.filter(isOption)
  const positionals = spec.args.filter(arg => !isOption(arg))
  return [
    '',
    `${colors.bold('Usage:')} ${usage(call, options, positionals)}`,
    ...section('Arguments:', positionals.map(argument), colors),
    ...section('Options:', options.map(option), colors),
    ...spec.subcommands.flatMap(subcommand => {
      const subcall = `${call} ${subcommand.name}`
      const lines = [
        colors.bold(inertLine(subcall)),
        ...text(subcommand.about),
        ...sections(subcommand, subcall, colors),
      ]
      return ['', ...lines.map(line => (line === '' ? '' : INDENT + line))]
    }),
  ]
}

function usage(call: string, options: readonly ArgSpec[], positionals: readonly ArgSpec[]): string {
  const parts = [call, ...(options.length > 0 ? ['[OPTIONS]'] : []), ...positionals.map(placeholder)]
  return inertLine(parts.join(' '))
}

function section(title: string, rows: readonly Row[], colors: Colors): string[] {
  if (rows.length === 0) return []
  const width = rows.reduce((widest, { term }) => Math.max(widest, Math.min(widthOf(term), LONGEST_TERM)), 0)
  const lines = rows.flatMap(({ term, text }) => {
    const padding = ' '.repeat(Math.max(0, width - widthOf(term)))
    if (text === '') return [INDENT + colors.cyan(term)]
    if (widthOf(term) > width)
      return [INDENT + colors.cyan(term), `${INDENT}${' '.repeat(width)}${INDENT}${text}`]
    return [`${INDENT}${colors.cyan(term)}${padding}${INDENT}${text}`]
  })
  return ['', colors.bold(title), ...lines]
}

function argument(spec: ArgSpec): Row {
  return { term: inertLine(placeholder(spec)), text: explanation(spec) }
}

function option(spec: ArgSpec): Row {
  const flags = flagsOf(spec).join(', ')
  const value = takesValue(spec) ? ` <${valueName(spec)}>` : ''
  return { term: inertLine(flags + value), text: explanation(spec) }
}

function placeholder(spec: ArgSpec): string {
  return spec.required ? `<${valueName(spec)}>` : `[${valueName(spec)}]`
}

function valueName({ name, valueName }: ArgSpec): string {
  return valueName ?? name.toUpperCase()
}

function explanation({ help, required, defaultValue, possibleValues }: ArgSpec): string {
  const facts = [
    ...(required ? ['required'] : []),
    ...(defaultValue === undefined ? [] : [`default: ${defaultValue}`]),
    ...(possibleValues === undefined ? [] : [`one of: ${possibleValues.join(', ')}`]),
  ]
  return inertLine([help, ...(facts.length > 0 ? [`(${facts.join('; ')})`] : [])].join(' ').trim())
}

function text(line: string): string[] {
  return line === '' ? [] : [inertLine(line)]
}
