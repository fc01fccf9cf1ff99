import { flagsOf, isOption, takesValue, usageOf } from '../../command/arguments.js'
import { markdown } from '../../command/markdown.js'
import type { ArgSpec, CommandSpec } from '../../index.js'
import { inertJson } from '../../inert.js'

const HEAD = `// Written by sen types. Not to be edited: what is changed here is lost.
import type {} from 'sen-plugin-host'

declare module 'sen-plugin-host' {
  interface PluginCommands {`

const TAIL = `  }
}
`

/** More values than this are no help in an editor, and a burden for the compiler. */
const MOST_VALUES = 1000

/**
 * A declaration file that tells the compiler which commands there are. All that plugins say is data:
 * in it they can neither end a literal or comment, nor show anything other than what is there.
 */
export function declarationsOf(commands: readonly CommandSpec[]): string {
  const sorted = [...commands].sort((a, b) => (a.name < b.name ? -1 : 1))
  return [HEAD, ...sorted.flatMap(command => commandLines(command, '    ')), TAIL].join('\n')
}

function commandLines(command: CommandSpec, indent: string): string[] {
  const { name, about, args, subcommands } = command
  const inner = `${indent}  `
  const values = operandType(args.filter(arg => !isOption(arg)))
  const body = [
    ...(values === undefined ? [] : [`${inner}arguments: ${values}`]),
    ...block('options', optionLines(args.filter(isOption), `${inner}  `), inner),
    ...block(
      'subcommands',
      distinct(subcommands, ({ name }) => name).flatMap(subcommand => commandLines(subcommand, `${inner}  `)),
      inner,
    ),
  ]
  const doc = docLines([about, usageOf(command, name)], indent)
  const key = `${indent}${literal(name)}:`
  return body.length === 0 ? [...doc, `${key} {}`] : [...doc, `${key} {`, ...body, `${indent}}`]
}

function optionLines(options: readonly ArgSpec[], indent: string): string[] {
  const flags = options.flatMap(option => flagsOf(option).map(flag => ({ flag, option })))
  return distinct(flags, ({ flag }) => flag).flatMap(({ flag, option }) => {
    const type = takesValue(option) ? valueType(option) : 'unknown'
    return [...docLines([option.help], indent), `${indent}${literal(flag)}: ${type}`]
  })
}

function block(title: string, lines: readonly string[], indent: string): string[] {
  return lines.length === 0 ? [] : [`${indent}${title}: {`, ...lines, `${indent}}`]
}

/** The type of all arguments together; undefined where there are none. */
function operandType(operands: readonly ArgSpec[]): string | undefined {
  const types = operands.map(valueType)
  if (types.length === 0) return undefined
  return types.includes('string') ? 'string' : [...new Set(types)].join(' | ')
}

function valueType({ possibleValues = [] }: ArgSpec): string {
  const isList = possibleValues.length > 0 && possibleValues.length <= MOST_VALUES
  return isList ? [...new Set(possibleValues)].map(literal).join(' | ') : 'string'
}

/** Texts as a comment that editors show, a paragraph each. They show Markdown, links and pictures included. */
function docLines(texts: readonly string[], indent: string): string[] {
  const paragraphs = texts.map(text => markdown(text).replaceAll('*/', '*\\/')).filter(text => text !== '')
  if (paragraphs.length === 0) return []
  if (paragraphs.length === 1) return [`${indent}/** ${paragraphs[0]} */`]
  const lines = paragraphs.flatMap((text, index) => (index === 0 ? [` * ${text}`] : [' *', ` * ${text}`]))
  return ['/**', ...lines, ' */'].map(line => indent + line)
}

/** A text as a string literal in which nothing is hidden. */
function literal(text: string): string {
  return inertJson(JSON.stringify(text))
}

/** Where two have the same key, only the first can be meant by it. */
function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const first = new Map<string, T>()
  for (const item of items) if (!first.has(keyOf(item))) first.set(keyOf(item), item)
  return [...first.values()]
}
