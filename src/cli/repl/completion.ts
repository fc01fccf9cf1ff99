import { quote } from 'shlex'
import type { CommandSpec } from '../../index.js'
import { inertLine } from '../../inert.js'
import {
  type Candidates,
  commandCandidates,
  matching,
  NOTHING,
  wordCandidates,
} from '../completion/candidates.js'
import { pathsFrom } from '../completion/paths.js'
import { unfinishedLine, unquoted } from '../words.js'
import { BUILTINS } from './builtins.js'

/** What may be typed instead of the beginning of a word, in the form that readline wants. */
export type Completion = [candidates: string[], partial: string]

/** Completes the word at the end of a line: commands, subcommands, options, their known values, and paths. */
export async function complete(line: string, commands: readonly CommandSpec[]): Promise<Completion> {
  const unfinished = unfinishedLine(line)
  if (unfinished === undefined) return [[], line]
  const { words, partial } = unfinished
  const typed = unquoted(partial)
  const candidates = matching(candidatesFor(words, typed, commands), typed)
  const found = [...candidates.words.map(({ word }) => word), ...(await pathsOf(candidates, typed))]
  const [only] = found
  if (found.length === 1 && only !== undefined && !/[=/]$/.test(only)) return [[`${quote(only)} `], partial]
  return [found.map(word => quote(word)).sort(), partial]
}

function candidatesFor(
  words: readonly string[],
  partial: string,
  commands: readonly CommandSpec[],
): Candidates {
  const [first, ...rest] = words
  if (first === undefined) {
    const own = [...BUILTINS].map(([word, { about }]) => ({ word, about }))
    return { words: [...own, ...commandCandidates(commands).words] }
  }
  if (first === 'help') return rest.length === 0 ? commandCandidates(commands) : NOTHING
  if (first === 'run')
    return rest.length === 0 ? commandCandidates(commands) : candidatesFor(rest, partial, commands)
  const command = commands.find(({ name }) => name === first)
  return command === undefined || BUILTINS.has(first) ? NOTHING : wordCandidates(command, rest, partial)
}

async function pathsOf({ paths, attachedTo = '' }: Candidates, typed: string): Promise<string[]> {
  if (paths === undefined) return []
  const found = await pathsFrom(typed.slice(attachedTo.length), paths)
  return found.filter(path => inertLine(path) === path).map(path => attachedTo + path)
}
