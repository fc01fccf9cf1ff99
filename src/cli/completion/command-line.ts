import type { Argument, Command, Option } from 'commander'
import type { CommandSpec } from '../../index.js'
import { type Candidates, commandCandidates, NOTHING, wordCandidates } from './candidates.js'

/** Finds the commands of plugins: all of them, or one, in the directories that were named. */
type FindCommands = (directories: readonly string[], name?: string) => Promise<readonly CommandSpec[]>

/** The words of one of sen's commands, taken apart. */
interface Parsed {
  /** The words that are no options, nor values of options. */
  readonly operands: readonly string[]
  /** Where plugins are, as far as it was said. */
  readonly directories: readonly string[]
  /** The option whose value is to follow. */
  readonly pending?: Option
}

const DIRECTORY_FLAG = '--plugins'

/**
 * What may follow these words after `sen`, as the very definitions say by which they are parsed.
 * Behind a plugin's command, what the plugin says of itself.
 */
export async function commandLineCandidates(
  program: Command,
  words: readonly string[],
  partial: string,
  find: FindCommands,
): Promise<Candidates> {
  const [first, ...rest] = words
  if (first === undefined) return partial.startsWith('-') ? optionsOf(program) : commandsOf(program)
  const command = program.commands.find(command => command.name() === first)
  if (command === undefined) return NOTHING
  if (command.commands.length > 0) return await commandLineCandidates(command, rest, partial, find)

  const { operands, directories, pending } = parse(command, rest)
  if (pending !== undefined) return pathsOf(pending.flags, pending.argChoices)
  const attached = attachedOption(command, partial)
  if (attached !== undefined && !(command.name() === 'run' && operands.length > 0)) return attached
  const [name, ...args] = operands
  if (command.name() === 'help' && name === undefined && !partial.startsWith('-'))
    return { words: [...commandsOf(program).words, ...commandCandidates(await find(directories)).words] }
  if (command.name() !== 'run') {
    return partial.startsWith('-')
      ? optionsOf(command)
      : argumentCandidates(command.registeredArguments, operands.length)
  }
  if (name === undefined)
    return partial.startsWith('-') ? optionsOf(command) : commandCandidates(await find(directories))
  const plugin = (await find(directories, name)).find(spec => spec.name === name)
  return plugin === undefined ? NOTHING : wordCandidates(plugin, args, partial)
}

function parse(command: Command, words: readonly string[]): Parsed {
  const operands: string[] = []
  const directories: string[] = []
  let pending: Option | undefined
  let onlyOperands = false
  for (const word of words) {
    if (pending !== undefined) {
      if (pending.long === DIRECTORY_FLAG) directories.push(word)
      pending = undefined
    } else if (onlyOperands || !word.startsWith('-')) {
      operands.push(word)
      // What follows is the plugin's.
      onlyOperands ||= command.name() === 'run'
    } else if (word === '--') {
      onlyOperands = true
    } else {
      const [flag = word, value] = /^(--[^=]+)=(.*)$/s.exec(word)?.slice(1) ?? []
      const option = command.options.find(({ long, short }) => flag === long || flag === short)
      if (option?.long === DIRECTORY_FLAG && value !== undefined) directories.push(value)
      else if (option?.required === true && value === undefined) pending = option
    }
  }
  return { operands, directories, ...(pending === undefined ? {} : { pending }) }
}

/** What may follow `--option=`. */
function attachedOption(command: Command, partial: string): Candidates | undefined {
  const [attachedTo, flag] = /^(--[^=]+)=/.exec(partial) ?? []
  const option = command.options.find(({ long, required }) => required && long === flag)
  if (attachedTo === undefined || option === undefined) return undefined
  return { ...pathsOf(option.flags, option.argChoices), attachedTo }
}

function optionsOf(command: Command): Candidates {
  const options = command.createHelp().visibleOptions(command)
  return {
    words: options.flatMap(({ long, short, description }) =>
      [long, short].filter(flag => flag != null).map(word => ({ word, about: description })),
    ),
  }
}

function argumentCandidates(args: readonly Argument[], given: number): Candidates {
  const argument = args[given] ?? args.filter(({ variadic }) => variadic).at(-1)
  return argument === undefined ? NOTHING : pathsOf(`<${argument.name()}>`, argument.argChoices)
}

/** Known values; otherwise what the placeholder in help stands for, if that is a path. */
function pathsOf(placeholder: string, choices: readonly string[] = []): Candidates {
  if (choices.length > 0) return { words: choices.map(word => ({ word })) }
  if (/<dirs?>/i.test(placeholder)) return { words: [], paths: 'directories' }
  return /<file>/i.test(placeholder) ? { words: [], paths: 'files' } : NOTHING
}

function commandsOf(command: Command): Candidates {
  const commands = command.createHelp().visibleCommands(command)
  return {
    words: commands.map(command => ({
      word: command.name(),
      about: command.summary() || command.description(),
    })),
  }
}
