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

/** The file of a program in `test/programs`. */
export function program(name: string): string {
  return fileURLToPath(new URL(name, programs))
}

/**
 * Runs a program of `test/programs` in a process of its own, to its end. `onOutput` hears of all
 * that it has written so far whenever it writes something.
 */
export function runProgram(
  name: string,
  args: readonly string[] = [],
  {
    flags = [],
    onOutput,
  }: {
    flags?: readonly string[]
    onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void
  } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(process.execPath, [...flags, program(name), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // One that does not end is ended before the test is, and seen by its signal.
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
      onOutput?.(stdout, signal => child.kill(signal))
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
