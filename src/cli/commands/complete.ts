import type { Command } from 'commander'
import { inertExcerpt } from '../../excerpt.js'
import { Catalogue } from '../catalogue.js'
import { type Candidates, matching, NOTHING } from '../completion/candidates.js'
import { commandLineCandidates } from '../completion/command-line.js'
import { type Context, perform } from '../context.js'
import { pluginDirectories } from '../directories.js'
import { unfinishedLine, unquoted } from '../words.js'

interface CompleteOptions {
  /** The word that is being typed, as far as the cursor. */
  readonly partial?: string
  /** The whole line as far as the cursor, quotes included, instead of its words. */
  readonly line?: string
}

interface Typed {
  readonly words: readonly string[]
  readonly partial: string
}

/** Characters of what a word is for: shells lay it out in a column, of each word. */
const LONGEST_ABOUT = 120

/**
 * `sen __complete`: what may be typed next, for the scripts of `sen completion`. The first line says
 * whether paths may be typed (`:files`, `:directories` or `:none`); each further line is a word, a
 * tab, and what it is for. Says nothing of what goes wrong: somebody is typing.
 */
export function addComplete(program: Command, context: Context): void {
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .option('--partial <TEXT>')
    .option('--line <TEXT>')
    .action(async (words: readonly string[], options: CompleteOptions) => {
      await perform(context, {}, async () => {
        const { words: lines, paths = 'none' } = await candidates(program, typed(words, options))
        const rows = lines.map(({ word, about = '' }) => `${word}\t${inertExcerpt(about, LONGEST_ABOUT)}`)
        context.terminal.print([`:${paths}`, ...rows])
        return 0
      })
    })
}

function typed(words: readonly string[], { partial = '', line }: CompleteOptions): Typed | undefined {
  if (line === undefined) return { words, partial }
  const unfinished = unfinishedLine(line)
  if (unfinished === undefined) return undefined
  // Without the name of the program.
  return { words: unfinished.words.slice(1), partial: unquoted(unfinished.partial) }
}

async function candidates(program: Command, typed: Typed | undefined): Promise<Candidates> {
  if (typed === undefined) return NOTHING
  const { words, partial } = typed
  try {
    return matching(await commandLineCandidates(program, words, partial, findCommands), partial)
  } catch {
    // A directory that is not there, for one.
    return NOTHING
  }
}

async function findCommands(named: readonly string[], name?: string) {
  const directories = await pluginDirectories({ plugins: named.length > 0 ? named : undefined })
  const catalogue =
    name === undefined ? await Catalogue.load(directories, {}) : await Catalogue.find(name, directories, {})
  return catalogue.plugins.map(({ manifest }) => manifest.command)
}
