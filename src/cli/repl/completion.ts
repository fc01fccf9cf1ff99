import { flagsOf, isOption, takesValue } from '../../command/arguments.js'
import type { ArgSpec, CommandSpec } from '../../index.js'
import { inertLine } from '../../inert.js'
import { BUILTINS } from './builtins.js'
import { quoted, unfinishedLine } from './words.js'

/** What may be typed instead of the beginning of a word, in the form that readline wants. */
export type Completion = [candidates: string[], partial: string]

/** Completes the word at the end of a line: commands, subcommands, options and their known values. */
export function complete(line: string, commands: readonly CommandSpec[]): Completion {
  const unfinished = unfinishedLine(line)
  if (unfinished === undefined) return [[], line]
  const { words, partial } = unfinished
  const candidates = candidatesFor(words, partial, commands)
    // What a plugin says may not reach the terminal as it is, and what is not shown cannot be chosen.
    .filter(candidate => inertLine(candidate) === candidate)
    .map(candidate => quoted(candidate))
    .filter(candidate => candidate.startsWith(partial))
  const [only] = candidates
  if (candidates.length === 1 && only !== undefined && !only.endsWith('=')) return [[`${only} `], partial]
  return [[...new Set(candidates)].sort(), partial]
}

function candidatesFor(
  words: readonly string[],
  partial: string,
  commands: readonly CommandSpec[],
): string[] {
  const [first, ...rest] = words
  if (first === undefined) return [...BUILTINS.keys(), ...commands.map(({ name }) => name)]
  if (first === 'help') return rest.length === 0 ? commands.map(({ name }) => name) : []
  if (first === 'run')
    return rest.length === 0 ? commands.map(({ name }) => name) : candidatesFor(rest, partial, commands)
  const command = commands.find(({ name }) => name === first)
  return command === undefined || BUILTINS.has(first) ? [] : argumentsOf(command, rest, partial)
}

function argumentsOf(command: CommandSpec, words: readonly string[], partial: string): string[] {
  const [first, ...rest] = words
  const subcommand = command.subcommands.find(({ name }) => name === first)
  if (subcommand !== undefined) return argumentsOf(subcommand, rest, partial)

  const options = command.args.filter(isOption)
  const positionals = command.args.filter(arg => !isOption(arg))
  const last = words.at(-1)
  const afterOption = last === undefined ? undefined : optionCalled(last, options)
  const onlyPositionals = words.includes('--')
  if (!onlyPositionals && afterOption !== undefined && takesValue(afterOption))
    return [...(afterOption.possibleValues ?? [])]

  const attached = /^(--[^=]+)=/.exec(partial)?.[1]
  if (!onlyPositionals && attached !== undefined) {
    return (optionCalled(attached, options)?.possibleValues ?? []).map(value => `${attached}=${value}`)
  }
  if (!onlyPositionals && partial.startsWith('-')) return options.flatMap(flagsOf)

  const given = positionalWords(words, options).length
  const values = positionals[given]?.possibleValues ?? []
  return given === 0 && words.length === 0
    ? [...command.subcommands.map(({ name }) => name), ...values]
    : [...values]
}

function optionCalled(flag: string, options: readonly ArgSpec[]): ArgSpec | undefined {
  return options.find(option => flagsOf(option).includes(flag))
}

/** The words that are no options, nor values of options. */
function positionalWords(words: readonly string[], options: readonly ArgSpec[]): string[] {
  return words.filter((word, index) => {
    const before = index === 0 ? undefined : optionCalled(words[index - 1] ?? '', options)
    return !word.startsWith('-') && !(before !== undefined && takesValue(before))
  })
}
