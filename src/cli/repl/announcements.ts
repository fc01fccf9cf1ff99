import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline'
import type { HotReloadEvent } from '../../index.js'
import type { Terminal } from '../../terminal.js'
import { EventLines } from '../event-lines.js'

/** What a line is typed on. */
export type Screen = NodeJS.WritableStream

/**
 * Says what becomes of plugins to a person who types: at once above the line that is being typed,
 * which stays as it is, or before the next prompt where a command runs, whose output stays whole.
 */
export class Announcements {
  readonly #lines: EventLines
  readonly #screen: Screen
  readonly #canMove: boolean
  #waiting: HotReloadEvent[] = []
  /** Has the line that is being typed. */
  #editor: Interface | undefined

  /** @param canMove - Whether the cursor can be moved. Where it cannot, everything waits for the next prompt. */
  constructor(terminal: Terminal, screen: Screen, canMove: boolean) {
    this.#lines = new EventLines(terminal)
    this.#screen = screen
    this.#canMove = canMove
  }

  add(event: HotReloadEvent): void {
    this.#waiting.push(event)
    if (this.#editor === undefined) return
    this.#show(this.#editor)
    this.#editor.prompt(true)
  }

  /** Says what waits, and prompts for a line. */
  prompt(editor: Interface, text: string): void {
    this.#show(editor)
    editor.setPrompt(text)
    editor.prompt(true)
    if (this.#canMove) this.#editor = editor
  }

  /** A line was typed: nothing more is said before the next prompt. */
  hold(): void {
    this.#editor = undefined
  }

  /** Leaves the cursor where the editor draws its line again. */
  #show(editor: Interface): void {
    const events = this.#waiting.splice(0)
    if (events.length === 0) return
    const { rows } = editor.getCursorPos()
    if (this.#canMove) {
      // What was pasted is written without being drawn: the editor does not know how many rows that took.
      editor.prompt(true)
      moveCursor(this.#screen, 0, -rows)
      cursorTo(this.#screen, 0)
      clearScreenDown(this.#screen)
    }
    for (const event of events) this.#lines.show(event)
    // The editor goes up by the rows between its prompt and where it left the cursor, then draws.
    if (this.#canMove) this.#screen.write('\n'.repeat(rows))
  }
}
