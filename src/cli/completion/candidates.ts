import { flagsOf, isOption, takesValue } from '../../command/arguments.js'
import type { ArgSpec, CommandSpec } from '../../index.js'
import { inertLine } from '../../inert.js'

/** A word that may be typed, and what it is for. */
interface Candidate {
  readonly word: string
  readonly about?: string
}

/** What may be typed in a place: known words, or any path. */
export interface Candidates {
  readonly words: readonly Candidate[]
  readonly paths?: 'files' | 'directories'
  /** What precedes the path in the word: `--out=`. */
  readonly attachedTo?: string
}

export const NOTHING: Candidates = { words: [] }

/**
 * Those that begin as the word does that is typed. What a plugin says may not reach the terminal as it is, and
 * what cannot be shown cannot be chosen.
 */
export function matching({ words, ...rest }: Candidates, partial: string): Candidates {
  const first = new Map<string, Candidate>()
  for (const candidate of words) {
    const { word } = candidate
    if (word.startsWith(partial) && inertLine(word) === word && !first.has(word)) first.set(word, candidate)
  }
  return { ...rest, words: [...first.values()] }
}

/** The commands, by name. */
export function commandCandidates(commands: readonly CommandSpec[]): Candidates {
  return { words: commands.map(({ name, about }) => ({ word: name, about })) }
}

/** What may follow these words of a command: subcommands, options, known values; otherwise paths. */
export function wordCandidates(command: CommandSpec, words: readonly string[], partial: string): Candidates {
  const [first, ...rest] = words
  const subcommand = command.subcommands.find(({ name }) => name === first)
  if (subcommand !== undefined) return wordCandidates(subcommand, rest, partial)

  const options = command.args.filter(isOption)
  const isLiteral = words.includes('--')
  const before = isLiteral ? undefined : optionCalled(words.at(-1), options)
  if (!isLiteral) {
    if (before !== undefined && takesValue(before)) return valueCandidates(before)
    const attached = /^(--[^=]+)=/.exec(partial)?.[1]
    if (attached !== undefined) return attachedCandidates(attached, options)
    if (partial.startsWith('-')) return { words: options.flatMap(optionCandidates) }
  }
  const operands = command.args.filter(arg => !isOption(arg))
  // The last one may be given several times: the manifest does not say whether it may.
  const operand = operands[Math.min(operandWords(words, options).length, operands.length - 1)]
  const values = operand === undefined ? undeclared(command) : valueCandidates(operand)
  // Of this option nobody knows whether it takes a value.
  if (before !== undefined) return { ...values, paths: 'files' }
  if (words.length > 0) return values
  return { ...values, words: [...commandCandidates(command.subcommands).words, ...values.words] }
}

/** A command that names no arguments reads them itself; others have said what there is. */
function undeclared({ args, subcommands }: CommandSpec): Candidates {
  return args.length === 0 && subcommands.length === 0 ? { words: [], paths: 'files' } : NOTHING
}

function valueCandidates({ possibleValues = [], help }: ArgSpec): Candidates {
  if (possibleValues.length === 0) return { words: [], paths: 'files' }
  return { words: possibleValues.map(word => ({ word, about: help })) }
}

function attachedCandidates(flag: string, options: readonly ArgSpec[]): Candidates {
  const option = optionCalled(flag, options)
  if (option === undefined) return NOTHING
  const { words, paths } = valueCandidates(option)
  if (paths !== undefined) return { words: [], paths, attachedTo: `${flag}=` }
  return { words: words.map(({ word, ...candidate }) => ({ ...candidate, word: `${flag}=${word}` })) }
}

function optionCandidates(option: ArgSpec): Candidate[] {
  return flagsOf(option).map(word => ({ word, about: option.help }))
}

function optionCalled(flag: string | undefined, options: readonly ArgSpec[]): ArgSpec | undefined {
  return flag === undefined ? undefined : options.find(option => flagsOf(option).includes(flag))
}

/** The words that are no options, nor values of options. */
function operandWords(words: readonly string[], options: readonly ArgSpec[]): string[] {
  return words.filter((word, index) => {
    const before = optionCalled(words[index - 1], options)
    return !word.startsWith('-') && !(before !== undefined && takesValue(before))
  })
}
