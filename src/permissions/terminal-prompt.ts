import type { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { NO_CAPABILITIES, union } from '../capabilities.js'
import { inertExcerpt } from '../excerpt.js'
import { inertLine } from '../inert.js'
import { asksForNothing, type Capabilities } from '../manifest.js'
import { checkInteger, checkOptions } from '../options.js'
import { wrap } from '../width.js'
import { illegible, LONGEST_PATTERN, MOST_ASKED } from './legible.js'
import type { GrantPlace } from './place.js'
import type { PermissionAnswer, PermissionPrompt, PermissionQuestion } from './prompt.js'
import { inTurn } from './queue.js'
import type { PermissionRequest } from './request.js'
import { type CapabilityItem, capabilityItems, summaryOf } from './words.js'

/** What a terminal prompt reads from: `process.stdin`, or something like it. */
export type PromptInput = Readable & { readonly isTTY?: boolean }

/** What it writes to: `process.stderr`, or something like it. */
export interface PromptOutput {
  readonly isTTY?: boolean
  /** The terminal's width. Default: 80. */
  readonly columns?: number
  /** Writes a text, which is inert already. */
  write(text: string): unknown
}

/** Where questions are asked, and for how long. */
export interface TerminalPermissionPromptOptions {
  /** Default: `process.stdin`. */
  readonly input?: PromptInput
  /** Default: `process.stderr`, since stdout is where results go. */
  readonly output?: PromptOutput
  /** Milliseconds until silence is a no. Default: 60,000. */
  readonly timeoutMs?: number
  /** What to do where nobody can be asked, for the error. Default: a hint at flags, policy files and stores. */
  readonly help?: (request: PermissionRequest) => string
}

/** Characters of what a plugin says of itself. */
const MOST_ABOUT = 200
const INDENT = '     '
const DEFAULT_COLUMNS = 80
const DEFAULT_TIMEOUT_MS = 60_000
/** The longest that a timer takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

const DURATIONS = {
  once: { key: 'o', text: '[o]nce' },
  session: { key: 's', text: 'this [s]ession' },
  always: { key: 'a', text: '[a]lways' },
} as const

/**
 * Asks on the terminal: once, this session, always, some of it, or no. Whatever is typed before the question is
 * shown is no answer to it, and silence is a no. Where input and output are not both a terminal, or the input has
 * ended, nobody is asked, and the answer is no. Nor is anybody asked for more than a person would read: more than 32
 * capabilities, or a path, host or name of more than 256 characters.
 */
export class TerminalPermissionPrompt implements PermissionPrompt {
  readonly #streams: { readonly input?: PromptInput; readonly output?: PromptOutput }
  readonly #timeoutMs: number
  readonly #help: (request: PermissionRequest) => string

  constructor(options?: TerminalPermissionPromptOptions) {
    const { input, output, timeoutMs, help } = checkOptions(options, 'options', [
      'input',
      'output',
      'timeoutMs',
      'help',
    ])
    this.#streams = { ...(input && { input }), ...(output && { output }) }
    this.#timeoutMs =
      timeoutMs === undefined
        ? DEFAULT_TIMEOUT_MS
        : checkInteger(timeoutMs, 'options.timeoutMs', 1, MAX_TIMEOUT_MS)
    this.#help = help ?? defaultHelp
  }

  async ask(question: PermissionQuestion, signal: AbortSignal): Promise<PermissionAnswer> {
    // Only now: whoever touches the process's stdin opens it.
    const { input = process.stdin, output = process.stderr } = this.#streams
    if (input.isTTY !== true || output.isTTY !== true) {
      const message = `nobody can be asked, as stdin and stderr are not both a terminal: ${this.#help(question.request)}`
      return { type: 'deny', reason: 'no-prompt', message }
    }
    const tooMuch = illegible(question.capabilities)
    if (tooMuch !== undefined) {
      const { path } = question.request
      const all = path === undefined ? '' : `sen inspect ${path} shows all of it; `
      return {
        type: 'deny',
        reason: 'too-much',
        message: `${tooMuch}: ${all}${this.#help(question.request)}`,
      }
    }
    // Two prompts may share a terminal.
    return await inTurn(input, () => this.#converse(input, output, question, signal))
  }

  async #converse(
    input: PromptInput,
    output: PromptOutput,
    question: PermissionQuestion,
    signal: AbortSignal,
  ): Promise<PermissionAnswer> {
    // Loaded where somebody is asked: most executions ask nobody.
    const readline = await import('node:readline')
    signal.throwIfAborted()
    // Whoever ended it at an earlier question will answer none.
    if (!input.readable) {
      const message = `nobody can be asked, as the input has ended: ${this.#help(question.request)}`
      return { type: 'deny', reason: 'no-prompt', message }
    }
    const lines = new TypedLines(input, readline.createInterface)
    const silence = new AbortController()
    // It keeps the process while the question is open, which a signal's own timeout does not.
    const timer = setTimeout(() => silence.abort(), this.#timeoutMs)
    let isAnswered = true
    const read = async (text: string) => {
      isAnswered = false
      output.write(text)
      const line = await lines.next(AbortSignal.any([signal, silence.signal]))
      isAnswered = line !== undefined
      return line
    }
    try {
      await lines.discard()
      output.write(describe(question, output.columns || DEFAULT_COLUMNS))
      return await answer(question, read)
    } catch (error) {
      if (signal.aborted || !silence.signal.aborted) throw error
      const message = `nobody answered within ${this.#timeoutMs / 1000} seconds`
      return { type: 'deny', reason: 'timed-out', message }
    } finally {
      clearTimeout(timer)
      // The next line is the shell's, or whoever writes next.
      if (!isAnswered) output.write('\n')
      lines.close()
    }
  }
}

type Read = (text: string) => Promise<string | undefined>

async function answer(question: PermissionQuestion, read: Read): Promise<PermissionAnswer> {
  const { capabilities, durations } = question
  const words = durations.map(duration => DURATIONS[duration].text)
  for (;;) {
    const typed = await read(`Allow it? ${words.join(', ')}, [c]hoose some of it, [n]o: `)
    const duration = durations.find(duration => isWord(typed, duration, DURATIONS[duration].key))
    if (duration !== undefined) return { type: 'grant', duration }
    if (typed === undefined || isWord(typed, 'no', 'n')) return { type: 'deny' }
    if (!isWord(typed, 'choose', 'c')) continue
    const some = await choose(capabilities, question, read)
    if (some === undefined) return { type: 'deny' }
    const chosen = await howLong(durations, read)
    return chosen === undefined ? { type: 'deny' } : { type: 'grant', duration: chosen, capabilities: some }
  }
}

async function choose(
  capabilities: Capabilities,
  anchors: { readonly workingDirectory: string; readonly home: string },
  read: Read,
): Promise<Capabilities | undefined> {
  const items = capabilityItems(capabilities, anchors)
  for (;;) {
    const typed = await read(`Which? Numbers from 1 to ${items.length}, such as "1 3", or [n]one: `)
    if (typed === undefined || isWord(typed, 'none', 'n')) return undefined
    const numbers = typed.split(/[\s,]+/).filter(word => word !== '')
    const chosen = numbers.map(number => (/^\d+$/.test(number) ? items[Number(number) - 1] : undefined))
    const some = chosen.reduce<Capabilities | undefined>(
      (sum, item) => (sum && item ? union(sum, { ...NO_CAPABILITIES, ...item.capabilities }) : undefined),
      NO_CAPABILITIES,
    )
    if (some !== undefined && !asksForNothing(some)) return some
  }
}

async function howLong(
  durations: PermissionQuestion['durations'],
  read: Read,
): Promise<'once' | 'session' | 'always' | undefined> {
  if (durations.length === 1) return durations[0]
  const words = durations.map(duration => DURATIONS[duration].text).join(', ')
  for (;;) {
    const typed = await read(`For how long? ${words}, or [n]o: `)
    if (typed === undefined || isWord(typed, 'no', 'n')) return undefined
    const duration = durations.find(duration => isWord(typed, duration, DURATIONS[duration].key))
    if (duration !== undefined) return duration
  }
}

function isWord(typed: string | undefined, word: string, key: string): boolean {
  const text = typed?.trim().toLowerCase()
  return text === word || text === key
}

function describe(question: PermissionQuestion, columns: number): string {
  const { request, capabilities, granted, previousDigest, elsewhere } = question
  const { command, path, digest, about } = request
  const head =
    previousDigest === undefined
      ? `The plugin ${inertLine(command)} asks for permission.`
      : `The plugin ${inertLine(command)} has changed, and asks for more than it was granted.`
  const said = about ? [`  it says:  "${inertExcerpt(about, MOST_ABOUT)}"`] : []
  const items = capabilityItems(capabilities, question)
  const had = asksForNothing(granted) ? [] : ['It may already:', ...plain(granted, question)]
  const lines = [
    '',
    head,
    ...said,
    `  file:     ${path === undefined ? 'none, it was loaded from bytes' : inertLine(path)}`,
    `  digest:   ${inertLine(digest)}`,
    ...(previousDigest === undefined ? [] : [`  before:   ${inertLine(previousDigest)}`]),
    ...(elsewhere === undefined ? [] : [`  allowed:  ${places(elsewhere)}, which does not hold here`]),
    ...had,
    `${previousDigest === undefined ? 'It wants to' : 'New is that it wants to'} (${items.length}):`,
    ...items.flatMap((item, index) => numbered(item, index, columns)),
    // How many they are, as the first may have left the screen.
    `In all ${items.length}: ${summaryOf(items)}.`,
  ]
  return `${lines.join('\n')}\n`
}

function places({ workingDirectory, home }: GrantPlace): string {
  const names = [
    ...(workingDirectory === undefined ? [] : [`in ${inertLine(workingDirectory)}`]),
    ...(home === undefined ? [] : [`with the home directory ${inertLine(home)}`]),
  ]
  return names.join(', ')
}

/** What was granted already: the highest risks of it, as nothing is allowed by leaving the others out. */
function plain(capabilities: Capabilities, question: PermissionQuestion): string[] {
  const items = capabilityItems(capabilities, question)
  const shown = items.slice(-MOST_ASKED)
  const more = items.length - shown.length
  return [
    ...(more === 0 ? [] : [`     … ${more} more, of no higher risk`]),
    ...shown.map(({ text }) => `     ${inertExcerpt(text, LONGEST_PATTERN)}`),
  ]
}

/** Set in, so that no line that a pattern goes on in begins like a line of the question. */
function numbered({ text, risk, level }: CapabilityItem, index: number, columns: number): string[] {
  const [first = '', ...more] = wrap(text, Math.max(1, columns - 2 * INDENT.length - 1))
  return [
    `  ${index + 1}. ${first}`,
    ...more.map(line => INDENT + INDENT + line),
    `${INDENT}${level} risk: ${risk}`,
  ]
}

function defaultHelp({ digest }: PermissionRequest): string {
  return `trust it with trustFlags: { plugins: ['${digest}'] }, list it in the policy file of PermissionPresets.ci, or grant it where there is a terminal`
}

/** Lines that somebody types from now on. */
class TypedLines {
  readonly #input: PromptInput
  readonly #lines: string[] = []
  readonly #reader: ReturnType<typeof createInterface>
  #hasEnded = false
  #tell = () => {}
  readonly #end = () => {
    this.#hasEnded = true
    this.#tell()
  }

  constructor(input: PromptInput, create: typeof createInterface) {
    this.#input = input
    // The terminal edits the line, and Ctrl-C stays a signal.
    this.#reader = create({ input, terminal: false })
    this.#reader.on('line', line => {
      this.#lines.push(line)
      this.#tell()
    })
    this.#reader.on('close', this.#end)
    // One that is destroyed does not end.
    input.on('close', this.#end)
  }

  /** Forgets what was typed before. What the system has of it arrives in the next turns. */
  async discard(): Promise<void> {
    await turn()
    await turn()
    this.#lines.length = 0
  }

  /** The next line; undefined when there are no more. Rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#hasEnded) {
      signal.throwIfAborted()
      await new Promise<void>(resolve => {
        this.#tell = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    signal.throwIfAborted()
    return this.#lines.shift()
  }

  /** Gives the input back. */
  close(): void {
    this.#reader.close()
    this.#input.off('close', this.#end)
    this.#input.pause()
  }
}
