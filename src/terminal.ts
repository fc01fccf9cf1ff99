import { type Colors, colorsFor, wantsColors } from './colors.js'
import { inert, inertLine } from './inert.js'
import { toJson } from './json.js'
import { wrap } from './width.js'

/** What is needed of `process.stdout` and `process.stderr`. */
export interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

type Environment = Readonly<Record<string, string | undefined>>

/** One of the two streams, and what it can show. */
export class Channel {
  readonly isTerminal: boolean
  readonly colors: Colors
  readonly #stream: Stream

  constructor(stream: Stream, env: Environment) {
    this.#stream = stream
    this.isTerminal = stream.isTTY === true
    this.colors = colorsFor(wantsColors(this.isTerminal, env))
  }

  /** The terminal's columns; absent where there is no terminal, and lines may be as long as they are. */
  get width(): number | undefined {
    // A pseudo-terminal whose size nobody has set has 0 columns.
    return this.isTerminal ? this.#stream.columns || 80 : undefined
  }

  /** Writes text as it is: what others said has been made inert before. */
  write(text: string): void {
    if (text !== '') this.#stream.write(text)
  }
}

/**
 * The only writer to stdout and stderr. Data goes to stdout, all else to stderr; what a plugin says
 * is inert on a terminal.
 */
export class Terminal {
  readonly stdout: Channel
  readonly stderr: Channel

  constructor(stdout: Stream, stderr: Stream, env: Environment) {
    this.stdout = new Channel(stdout, env)
    this.stderr = new Channel(stderr, env)
  }

  /** Lines of data, made of sen's own text and of what was made inert. */
  print(lines: readonly string[]): void {
    this.stdout.write(lines.map(line => `${line}\n`).join(''))
  }

  /** A whole document, in which what others said has been made inert. */
  document(text: string): void {
    this.stdout.write(text)
  }

  /** What a plugin printed or answered: to a file or pipe byte for byte. */
  pass(text: string, to: 'stdout' | 'stderr' = 'stdout'): void {
    const channel = this[to]
    channel.write(channel.isTerminal ? inert(text) : text)
  }

  /** Data for programs. */
  json(value: unknown, layout: 'lines' | 'line' = 'lines'): void {
    this.stdout.write(`${toJson(value, layout)}\n`)
  }

  /** Something to know that stops nothing. */
  note(text: string): void {
    this.#say('note', this.stderr.colors.yellow, text)
  }

  /** What a plugin waits for; only for somebody who sits there and waits too. */
  progress(command: string, text: string): void {
    if (this.stderr.isTerminal) this.#say(command, this.stderr.colors.dim, text)
  }

  /** What an execution used. */
  receipt(text: string): void {
    this.#say('usage', this.stderr.colors.dim, text)
  }

  /** A failure of sen, of the host, or in what was typed, with the code that programs look at. */
  error(text: string, code?: string): void {
    this.#say('error', this.stderr.colors.red, text, code)
  }

  /** What goes with an error: how a command is called, and what says more. */
  explain({
    usage,
    hint,
  }: {
    readonly usage?: string | undefined
    readonly hint?: string | undefined
  }): void {
    if (usage !== undefined) this.stderr.write(`Usage: ${inertLine(usage)}\n`)
    if (hint !== undefined) this.stderr.write(`${inertLine(hint)}\n`)
  }

  /** A plugin's own error, in its own name; further lines are set apart from what sen says. */
  pluginError(command: string, text: string): void {
    const lines = inert(text).trimEnd().replaceAll('\n', '\n  ')
    this.stderr.write(`${this.stderr.colors.red(`${inertLine(command)}:`)} ${lines}\n`)
  }

  /** Where in the program a failure came from. */
  trace(text: string): void {
    this.stderr.write(`${this.stderr.colors.dim(inert(text))}\n`)
  }

  /** A sentence, broken between words where it is wider than the terminal. */
  #say(label: string, paint: (label: string) => string, text: string, code?: string): void {
    const begin = `${inertLine(label)}:`
    const end = code === undefined ? '' : `(${inertLine(code)})`
    const sentence = `${begin} ${inertLine(text)} ${end}`.trimEnd()
    const lines = wrap(sentence, this.stderr.width, 'keep').join('\n')
    const middle = lines.slice(begin.length, lines.length - end.length)
    this.stderr.write(`${paint(begin)}${middle}${end === '' ? '' : this.stderr.colors.dim(end)}\n`)
  }
}
