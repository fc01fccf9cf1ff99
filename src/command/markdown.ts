import { inertLine } from '../inert.js'
import { type Argument, type Command, isOption, optionTermOf, placeholderOf, usageOf } from './arguments.js'
import { factsOf } from './facts.js'

/** Headings have six levels. */
const DEEPEST = 6

/** Help as lines of Markdown, subcommands as sections of their own or as a list. */
export function markdownHelp(spec: Command, call: string, subcommands: 'list' | 'full', level = 1): string[] {
  const { about, version, author } = spec
  const made = [version === undefined ? '' : `Version ${version}`, author === undefined ? '' : `by ${author}`]
  const facts = made.filter(fact => fact !== '').join(' ')
  const heading = (title: string) => `${'#'.repeat(Math.min(level + 1, DEEPEST))} ${title}`
  const list = spec.subcommands.map(({ name, about }) => item(name, markdown(about)))
  return [
    `${'#'.repeat(Math.min(level, DEEPEST))} ${code(call)}`,
    ...paragraph(markdown(about)),
    ...paragraph(markdown(facts)),
    ...paragraph(code(usageOf(spec, call))),
    ...section(heading('Arguments'), spec.args.filter(arg => !isOption(arg)).map(argument)),
    ...section(heading('Options'), spec.args.filter(isOption).map(option)),
    ...(subcommands === 'list'
      ? section(heading('Commands'), list)
      : spec.subcommands.flatMap(subcommand => [
          '',
          ...markdownHelp(subcommand, `${call} ${subcommand.name}`, subcommands, level + 1),
        ])),
  ]
}

/** A text as Markdown that shows it as it is: no markup, no HTML, no links of its own. */
export function markdown(text: string): string {
  return inertLine(text)
    .trim()
    .replace(/[\\`*_{}[\]<>#|~&!$@^]/g, character => `\\${character}`)
    .replace(/:(?=\/\/)|(?<=\bwww)\./gi, character => `\\${character}`)
    .replace(/^(\d*)([-+=.)])/, '$1\\$2')
}

function argument(arg: Argument): string {
  return item(placeholderOf(arg), explanation(arg))
}

function option(arg: Argument): string {
  return item(optionTermOf(arg), explanation(arg))
}

function explanation(arg: Argument): string {
  const facts = factsOf(arg).map(({ title, values }) =>
    values.length === 0 ? title : `${title}: ${values.map(code).join(', ')}`,
  )
  return [markdown(arg.help), facts.length > 0 ? `(${facts.join('; ')})` : ''].join(' ').trim()
}

function item(term: string, text: string): string {
  return text === '' ? `- ${code(term)}` : `- ${code(term)}: ${text}`
}

/** Text in a fence that is longer than any run of backticks in it. */
function code(text: string): string {
  const inside = inertLine(text)
  const runs = inside.match(/`+/g) ?? []
  const fence = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length), 0) + 1)
  // A space on either side is not shown, and keeps backticks of the text from the fence's.
  const padding = inside === '' || /^`|`$|^ .* $/.test(inside) ? ' ' : ''
  return `${fence}${padding}${inside}${padding}${fence}`
}

function paragraph(text: string): string[] {
  return text === '' ? [] : ['', text]
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', title, '', ...items]
}
