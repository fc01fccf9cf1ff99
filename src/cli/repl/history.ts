import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { inertLine } from '../../inert.js'
import { writeWhole } from '../../whole-file.js'

/** Lines that are kept. */
export const MAX_LINES = 1000
const MAX_LINE_LENGTH = 4096
/** A file that is longer than this was not written here. */
const MAX_BYTES = 8 * MAX_LINES * MAX_LINE_LENGTH

/**
 * The lines that were typed, one a line in a file that belongs to the user alone. Several shells
 * may add to it at the same time.
 */
export class History {
  /** The last lines, oldest first. */
  readonly lines: readonly string[]
  #file: FileHandle | undefined
  #written: Promise<void> = Promise.resolve()

  private constructor(lines: readonly string[], file: FileHandle | undefined) {
    this.lines = lines
    this.#file = file
  }

  /** @throws What the system says, or what is wrong with the file: it is neither read nor written then. */
  static async open(path: string): Promise<History> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    let file = await openOwn(path)
    const all = (await file.readFile('utf8')).split('\n').filter(isKept)
    const lines = all.slice(-MAX_LINES)
    // Shortened now and then rather than at every start, which another shell might be adding at.
    if (all.length > 2 * MAX_LINES) {
      await file.close()
      await writeWhole(path, lines.map(line => `${line}\n`).join(''), 0o600)
      file = await openOwn(path)
    }
    return new History(lines, file)
  }

  /** A history of this session alone. */
  static forgetful(): History {
    return new History([], undefined)
  }

  /** Keeps a line for the next session, if it can be kept. */
  add(line: string): void {
    if (!isKept(line)) return
    // One after the other. A full disk is no reason to leave the shell.
    this.#written = this.#written.then(() => this.#file?.appendFile(`${line}\n`)).catch(() => {})
  }

  async close(): Promise<void> {
    await this.#written
    await this.#file?.close()
    this.#file = undefined
  }
}

/** `$XDG_STATE_HOME/sen/history`, in `~/.local/state` where that is not set. */
export function historyPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const xdg = env.XDG_STATE_HOME
  // The specification says to ignore relative paths.
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.local', 'state'), 'sen', 'history')
}

/** Opens the file to read and append: a regular file of this user's, and no link to one. */
async function openOwn(path: string): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw unusable('EINVAL', path, 'is not a regular file')
    if (process.getuid !== undefined && stat.uid !== process.getuid())
      throw unusable('EPERM', path, "is somebody else's")
    if (stat.size > MAX_BYTES) throw unusable('EFBIG', path, 'is too long')
    if ((stat.mode & 0o077) !== 0) await file.chmod(0o600)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** What is wrong with the file, with the code that a system has for the like. */
function unusable(code: string, path: string, problem: string): Error {
  return Object.assign(new Error(`${path} ${problem}`), { code, path })
}

/** Whether a line is worth keeping, and safe to show when it is recalled. */
function isKept(line: string): boolean {
  return line.trim() !== '' && line.length <= MAX_LINE_LENGTH && inertLine(line) === line
}
