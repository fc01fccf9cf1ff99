import { inertExcerpt } from '../excerpt.js'
import { inertLine } from '../inert.js'
import { suggestionsFor } from '../suggestions.js'
import {
  type Argument,
  type Command,
  flagsOf,
  isOption,
  takesValue,
  usageOf,
  valueNameOf,
} from './arguments.js'
import { fewOf } from './facts.js'

/** Of what was typed, in a message. */
const LONGEST_QUOTE = 80

/** What is wrong with the words of a command. */
export interface ArgumentProblem {
  readonly kind:
    | 'unknown-option'
    | 'unknown-subcommand'
    | 'missing-argument'
    | 'missing-value'
    | 'unexpected-argument'
    | 'unexpected-value'
    | 'invalid-value'
  /** The argument's name, the flag that was typed, or the word that is too much. */
  readonly argument: string
  /** What happened and what to do, on one line that is safe to show. */
  readonly message: string
  /** How the command is called, safe to show. */
  readonly usage: string
  /** What may have been meant. */
  readonly suggestions: readonly string[]
}

/** The value of an argument: `true` for a flag, several for an argument that may be repeated. */
export type ArgumentValue = string | true | readonly string[]

/** What the words of a command come to. */
export type CheckedArguments =
  | { readonly type: 'valid'; readonly values: Readonly<Record<string, ArgumentValue>> }
  | { readonly type: 'help'; readonly command: Command; readonly call: string; readonly format?: string }
  | { readonly type: 'invalid'; readonly problem: ArgumentProblem }

/** A word that may be the value of the option before it. */
interface Positional {
  readonly word: string
  readonly maybeValue: boolean
}

/**
 * Checks the words of a command against what it says of itself, before any of its code runs. What
 * a manifest does not say is not held against a word: an option that names no value may take one,
 * and a command's last argument may be given several times. So a plugin is called with everything
 * that it may understand, and without what it cannot.
 *
 * @param call - The command as it was typed, for messages: `app greet`.
 */
export function checkArguments(command: Command, words: readonly string[], call: string): CheckedArguments {
  const [first = '', ...rest] = words
  const subcommand = command.subcommands.find(({ name }) => name === first)
  if (subcommand !== undefined) return checkArguments(subcommand, rest, `${call} ${subcommand.name}`)
  if (command.args.length === 0 && command.subcommands.length === 0)
    return checkUndeclared(command, words, call)
  return new Check(command, words, call).run()
}

/** A command that names no arguments reads them itself; help is asked for where nothing precedes it. */
function checkUndeclared(command: Command, [first = '']: readonly string[], call: string): CheckedArguments {
  const help = helpFormat(first, () => false)
  return help === undefined
    ? { type: 'valid', values: Object.create(null) }
    : { type: 'help', command, call, ...help }
}

class Check {
  readonly #command: Command
  readonly #words: readonly string[]
  readonly #call: string
  readonly #options: readonly Argument[]
  readonly #arguments: readonly Argument[]
  readonly #flags = new Map<string, Argument>()
  readonly #given = new Map<Argument, string[]>()
  readonly #positionals: Positional[] = []

  constructor(command: Command, words: readonly string[], call: string) {
    this.#command = command
    this.#words = words
    this.#call = call
    this.#options = command.args.filter(isOption)
    this.#arguments = command.args.filter(arg => !isOption(arg))
    for (const option of this.#options) for (const flag of flagsOf(option)) this.#flags.set(flag, option)
  }

  run(): CheckedArguments {
    let isLiteral = false
    for (let index = 0; index < this.#words.length; index += 1) {
      const word = this.#words[index] ?? ''
      if (isLiteral || !this.#looksLikeOption(word)) {
        const rest = this.#words.slice(index + 1)
        const subcommand = isLiteral ? undefined : this.#subcommand(word)
        if (subcommand !== undefined)
          return checkArguments(subcommand, rest, `${this.#call} ${subcommand.name}`)
        this.#positionals.push({ word, maybeValue: false })
        continue
      }
      if (word === '--') {
        isLiteral = true
        continue
      }
      const help = helpFormat(word, flag => this.#flags.has(flag))
      if (help !== undefined) return { type: 'help', command: this.#command, call: this.#call, ...help }
      const next = this.#words[index + 1]
      const read = word.startsWith('--') ? this.#readLong(word, next) : this.#readShort(word, next)
      if (typeof read === 'object') return read
      index += read
    }
    return this.#checkWhole()
  }

  /** Reads `--name` or `--name=value`; returns how many further words belong to it. */
  #readLong(word: string, next: string | undefined): number | CheckedArguments {
    const [flag = word, attached] = splitOnce(word, '=')
    const option = this.#flags.get(flag)
    if (option === undefined) return this.#unknownOption(flag)
    if (attached === undefined) return this.#readOption(option, flag, next)
    if (option.flag === true)
      return this.#invalid(
        'unexpected-value',
        flag,
        `${flag} takes no value: leave out ${quote(`=${attached}`)}`,
      )
    return this.#give(option, flag, attached) ?? 0
  }

  /** Reads `-n`, `-n value`, `-nvalue` or `-abc`; returns how many further words belong to it. */
  #readShort(word: string, next: string | undefined): number | CheckedArguments {
    const letters = Array.from(word.slice(1))
    for (const [index, letter] of letters.entries()) {
      const flag = `-${letter}`
      const option = this.#flags.get(flag)
      if (option === undefined) return this.#unknownOption(flag)
      const rest = letters.slice(index + 1).join('')
      if (rest === '') return this.#readOption(option, flag, next)
      if (option.flag === true) {
        this.#note(option, true)
        continue
      }
      return this.#give(option, flag, rest.replace(/^=/, '')) ?? 0
    }
    return 0
  }

  /** Reads an option whose value, if it has one, is the next word. */
  #readOption(option: Argument, flag: string, next: string | undefined): number | CheckedArguments {
    if (option.flag !== true && takesValue(option)) {
      if (next === undefined)
        return this.#invalid('missing-value', flag, `${flag} needs a value: ${flag} <${valueNameOf(option)}>`)
      return this.#give(option, flag, next) ?? 1
    }
    this.#note(option, true)
    if (option.flag === true || next === undefined || this.#looksLikeOption(next)) return 0
    if (this.#subcommand(next) !== undefined) return 0
    this.#positionals.push({ word: next, maybeValue: true })
    return 1
  }

  #subcommand(word: string): Command | undefined {
    const takesNone = this.#arguments.length === 0 && this.#positionals.every(({ maybeValue }) => maybeValue)
    return takesNone ? this.#command.subcommands.find(({ name }) => name === word) : undefined
  }

  #looksLikeOption(word: string): boolean {
    if (!word.startsWith('-') || word === '-') return false
    // A negative number is a value, where no option is called like its first digit.
    return !/^-\.?\d/.test(word) || this.#flags.has(word.slice(0, 2))
  }

  #checkWhole(): CheckedArguments {
    const certain = this.#positionals.filter(({ maybeValue }) => !maybeValue)
    const isAmbiguous = certain.length < this.#positionals.length
    const [tooMuch] = certain.slice(this.#arguments.length)
    if (tooMuch !== undefined && !mayRepeat(this.#arguments.at(-1))) return this.#unexpected(tooMuch.word)

    if (!isAmbiguous) {
      for (const [index, { word }] of certain.entries()) {
        const argument = this.#arguments[Math.min(index, this.#arguments.length - 1)]
        if (argument === undefined) continue
        const invalid = this.#give(argument, argument.name, word)
        if (invalid !== undefined) return invalid
      }
    }
    return this.#missing() ?? { type: 'valid', values: this.#values() }
  }

  #missing(): CheckedArguments | undefined {
    const needed = (arg: Argument) => arg.required && arg.defaultValue === undefined
    const options = this.#options.filter(option => needed(option) && !this.#given.has(option))
    const left = this.#arguments.filter(needed).slice(this.#positionals.length)
    const [first] = [...left, ...options]
    if (first === undefined) return undefined
    const names = [...left.map(arg => `<${valueNameOf(arg)}>`), ...options.map(arg => flagsOf(arg).at(-1))]
    const verb = names.length === 1 ? 'is' : 'are'
    return this.#invalid('missing-argument', first.name, `${names.join(', ')} ${verb} missing`)
  }

  #unexpected(word: string): CheckedArguments {
    const names = this.#command.subcommands.map(({ name }) => name)
    if (names.length === 0 || this.#arguments.length > 0)
      return this.#invalid('unexpected-argument', word, `there is one argument too many: ${quote(word)}`)
    const message = `${this.#call} has no subcommand ${quote(word)}`
    return this.#invalid('unknown-subcommand', word, message, suggestionsFor(word, names))
  }

  #unknownOption(flag: string): CheckedArguments {
    const names = [...this.#flags.keys(), '--help'].filter(name => name.startsWith('--'))
    const suggestions = flag.startsWith('--') ? suggestionsFor(flag, names) : []
    const message = `${this.#call} has no option ${quote(flag)}`
    return this.#invalid('unknown-option', flag, message, suggestions)
  }

  #give(argument: Argument, called: string, value: string): CheckedArguments | undefined {
    const { possibleValues } = argument
    if (possibleValues !== undefined && possibleValues.length > 0 && !possibleValues.includes(value)) {
      const message = `${quote(value)} is no value of ${called}: choose one of ${fewOf(possibleValues).join(', ')}`
      return this.#invalid('invalid-value', argument.name, message, suggestionsFor(value, possibleValues))
    }
    this.#note(argument, value)
    return undefined
  }

  #note(argument: Argument, value: string | true): void {
    const values = this.#given.get(argument) ?? []
    if (value !== true) values.push(value)
    this.#given.set(argument, values)
  }

  /** What was given, by the arguments' names, with defaults for what was not. */
  #values(): Readonly<Record<string, ArgumentValue>> {
    // Without a prototype, whose properties nobody gave.
    const values: Record<string, ArgumentValue> = Object.create(null)
    for (const argument of this.#command.args) {
      const { name, defaultValue, multiple } = argument
      const given = this.#given.get(argument)
      if (given !== undefined) values[name] = multiple === true ? given : (given.at(-1) ?? true)
      else if (defaultValue !== undefined) values[name] = defaultValue
    }
    return values
  }

  #invalid(
    kind: ArgumentProblem['kind'],
    argument: string,
    problem: string,
    suggestions: readonly string[] = [],
  ): CheckedArguments {
    const usage = usageOf(this.#command, this.#call)
    return { type: 'invalid', problem: problemOf({ kind, argument, message: problem, usage, suggestions }) }
  }
}

/** A problem in words that are safe to show, with what may have been meant. */
export function problemOf({ kind, argument, message, usage, suggestions }: ArgumentProblem): ArgumentProblem {
  const meant = suggestions.length === 0 ? '' : `. Did you mean ${suggestions.join(' or ')}?`
  return {
    kind,
    argument,
    message: inertExcerpt(message) + inertLine(meant),
    usage: inertExcerpt(usage),
    suggestions,
  }
}

/** What was typed, as a message quotes it. */
export function quote(word: string): string {
  return JSON.stringify(word.length > LONGEST_QUOTE ? `${word.slice(0, LONGEST_QUOTE)}…` : word)
}

/** Whether words beyond the last argument may be its further values. */
function mayRepeat(last: Argument | undefined): boolean {
  return last !== undefined && last.multiple !== false
}

/** Whether a word asks for help, and in which format; a command may have such a flag of its own. */
function helpFormat(word: string, isOwn: (flag: string) => boolean): { format?: string } | undefined {
  const [flag = word, format] = splitOnce(word, '=')
  if (isOwn(flag)) return undefined
  if (word === '-h' || word === '--help') return {}
  return flag === '--help' && format !== undefined ? { format } : undefined
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
