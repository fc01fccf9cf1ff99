import { Writable } from 'node:stream'

/** What a terminal would show of what is written to it: as much of one as readline makes use of. */
export class Screen extends Writable {
  readonly isTTY = true
  readonly columns: number
  readonly #rows: string[] = ['']
  #row = 0
  #column = 0

  constructor(columns: number) {
    super({ decodeStrings: false })
    this.columns = columns
  }

  /** The rows, without what is empty at their ends. */
  get lines(): string[] {
    return this.#rows.map(row => row.trimEnd())
  }

  /** Where the cursor is: the row, and the column. */
  get cursor(): [row: number, column: number] {
    return [this.#row, this.#column]
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals are told with.
    for (const [token, count, command] of text.matchAll(/\x1b\[(\d*)([A-Z])|[\s\S]/g)) {
      if (command !== undefined) this.#obey(command, count === '' ? undefined : Number(count))
      else if (token === '\r') this.#column = 0
      else if (token === '\n') this.#go(this.#row + 1, 0)
      else this.#put(token)
    }
    done()
  }

  #obey(command: string, count: number | undefined): void {
    const by = count ?? 1
    if (command === 'A') this.#go(this.#row - by, this.#column)
    else if (command === 'B') this.#go(this.#row + by, this.#column)
    else if (command === 'C') this.#column += by
    else if (command === 'D') this.#column -= by
    else if (command === 'G') this.#column = by - 1
    else if (command === 'J') this.#clearBelow()
    else throw new Error(`the screen does not know ${command}`)
  }

  #go(row: number, column: number): void {
    if (row < 0) throw new Error('the cursor left the screen')
    while (this.#rows.length <= row) this.#rows.push('')
    this.#row = row
    this.#column = column
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#go(this.#row + 1, 0)
    const row = (this.#rows[this.#row] ?? '').padEnd(this.#column)
    this.#rows[this.#row] = row.slice(0, this.#column) + character + row.slice(this.#column + 1)
    this.#column += 1
  }

  #clearBelow(): void {
    this.#rows.length = this.#row + 1
    this.#rows[this.#row] = (this.#rows[this.#row] ?? '').slice(0, this.#column)
  }
}
