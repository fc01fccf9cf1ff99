import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const programs = new URL('programs/', import.meta.url)

/** Makes a named pipe. */
export async function pipe(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path])
}

/** How a program ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** How a program runs. */
export interface RunOptions {
  readonly flags?: readonly string[]
  /** A command that runs the program. */
  readonly within?: readonly string[]
  /** After so many milliseconds, one that does not end is ended. Default: 20 s. */
  readonly timeoutMs?: number
  /** What it reads. Default: nothing. */
  readonly stdin?: string
  /** Hears of all that it has written so far whenever it writes something. */
  readonly onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void
}

/** The file of a program in `test/programs`. */
export function program(name: string): string {
  return fileURLToPath(new URL(name, programs))
}

/** Runs a program of `test/programs` in a process of its own, to its end. */
export function runProgram(
  name: string,
  args: readonly string[] = [],
  { flags = [], within = [], timeoutMs = 20_000, stdin, onOutput }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS: _, ...env } = process.env
    const [command = '', ...words] = [...within, process.execPath, ...flags, program(name), ...args]
    const child = spawn(command, words, {
      env,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // Before the test is ended, and seen by its signal.
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    child.stdin?.end(stdin)
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', text => {
      stdout += text
      onOutput?.(stdout, signal => child.kill(signal))
    })
    child.stderr?.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

/**
 * Runs a program where nobody may watch anything: with no inotify instances in a user namespace of its
 * own.
 */
export function runWithoutWatches(name: string, args: readonly string[]): Promise<Ended> {
  const limit = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"'
  return runProgram(name, args, { within: ['unshare', '--user', '--map-root-user', 'sh', '-c', limit, 'sh'] })
}
