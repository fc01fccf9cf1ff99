import { wordsOf } from '../words.js'

/**
 * Makes commands of lines. A command goes on for as long as a quote is open, or where a line ends
 * in a backslash; a line that begins with `#` says nothing.
 */
export class CommandReader {
  #begun = ''

  /** The words of the command that this line ends: none for an empty one, undefined if it goes on. */
  read(line: string): string[] | undefined {
    if (this.#begun === '' && line.trimStart().startsWith('#')) return []
    const command = this.#begun + line
    const words = wordsOf(command)
    this.#begun = words === undefined ? `${command}\n` : ''
    return words
  }

  /** Whether a command has begun that no line has ended yet. */
  get isOpen(): boolean {
    return this.#begun !== ''
  }

  /** Forgets what has begun. */
  discard(): void {
    this.#begun = ''
  }
}
