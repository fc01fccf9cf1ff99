import { closeSync, constants, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { type IPty, spawn } from '@lydell/node-pty'
import headless from '@xterm/headless'
import { onTestFinished } from 'vitest'

export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A program on a pseudo-terminal, behind a terminal that shows what it writes, as a person sees it. */
export class PseudoTerminal {
  readonly ended: Promise<number>
  readonly #terminal: InstanceType<typeof headless.Terminal>
  readonly #write: (keys: string) => void
  #raw = ''
  #exitCode: number | undefined
  #look = () => {}

  constructor(
    command: string,
    args: readonly string[],
    { columns = 100, rows = 30, cwd, env }: TerminalOptions = {},
  ) {
    this.#terminal = new headless.Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true })
    const pty = spawn(command, [...args], {
      cols: columns,
      rows,
      name: env?.TERM ?? 'xterm-256color',
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    })
    this.#write = keys => pty.write(keys)
    keepOpen(pty)
    pty.onData(text => {
      this.#raw += text
      this.#terminal.write(text, () => this.#look())
    })
    this.ended = new Promise(resolve => {
      pty.onExit(({ exitCode }) => {
        this.#exitCode = exitCode
        // After what is still to be drawn.
        this.#terminal.write('', () => {
          this.#look()
          resolve(exitCode)
        })
      })
    })
    onTestFinished(() => {
      if (this.#exitCode === undefined) pty.kill('SIGKILL')
      this.#terminal.dispose()
    })
  }

  /** All that was written, escapes included. */
  get raw(): string {
    return this.#raw
  }

  /** The lines that are shown, scrolled back ones included, without what is empty at their ends. */
  get lines(): string[] {
    const { active } = this.#terminal.buffer
    const lines = Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString(true) ?? '',
    )
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  /** What is shown on a line from a column on: wide characters take two. */
  textFrom(line: number, column: number): string {
    return this.#terminal.buffer.active.getLine(line)?.translateToString(true, column) ?? ''
  }

  /** Types keys as they are: Enter is `\r`. */
  type(keys: string): void {
    this.#write(keys)
  }

  /** Waits until a line is shown that matches. */
  async shows(expected: RegExp): Promise<void> {
    await this.until(lines => lines.some(line => expected.test(line)), String(expected))
  }

  /** Waits until the lines that are shown are as they should be. */
  async until(isReached: (lines: string[]) => boolean, what: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#look = () => {
        if (isReached(this.lines)) resolve()
        else if (this.#exitCode !== undefined)
          reject(new Error(`the program ended, and did not show ${what}:\n${this.lines.join('\n')}`))
      }
      this.#look()
    })
  }
}

/**
 * What a program wrote last is lost on a busy machine: libuv takes the end of a terminal for the end of what is to be read,
 * though there are more than 4,096 bytes, and node-pty destroys after 200 ms what it has not read. So the terminal stays
 * open until all is read.
 */
function keepOpen(pty: IPty): void {
  const { _socket: socket, _pty: path } = pty as unknown as { _socket: Socket; _pty: string }
  const end = openSync(path, constants.O_RDWR | constants.O_NOCTTY)
  const closeOnceRead = () => {
    const read = socket.bytesRead
    // A turn of the event loop reads.
    setImmediate(() => setImmediate(() => (socket.bytesRead > read ? closeOnceRead() : closeSync(end))))
  }
  // Which node-pty sets at the program's end, and tells nobody else of.
  Object.defineProperty(pty, '_boundClose', { get: () => false, set: closeOnceRead })
  const destroy = socket.destroy.bind(socket)
  // Of use where a terminal tells of no end; on Linux it does.
  socket.destroy = error => (error != null || socket.readableEnded ? destroy(error) : socket)
}
