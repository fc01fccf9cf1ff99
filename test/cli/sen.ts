import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))
const built = fileURLToPath(new URL('../../dist/sen.cjs', import.meta.url))

export interface SenOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What sen reads from its standard input, which is empty otherwise. */
  readonly input?: string
  readonly cwd?: string
  /** The program's file: that of the built package where absent. */
  readonly main?: string
  /** What a shell does before, in the same process: to set its limits. */
  readonly shell?: string
}

/** How sen ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `sen` as users do, in a process of its own, to its end. */
export function sen(args: readonly string[], options: SenOptions = {}): Promise<Ended> {
  return startSen(args, options).ended
}

/** What sen printed as JSON, and its exit code. */
export async function senJson(
  args: readonly string[],
  options: SenOptions = {},
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of the document.
): Promise<{ code: number | null; json: any }> {
  const { code, stdout } = await sen(args, options)
  return { code, json: JSON.parse(stdout) }
}

/** Sen while it runs. */
export class RunningSen {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  #stdout = ''
  #stderr = ''
  #hasEnded = false
  #hear = () => {}

  constructor(child: ChildProcess) {
    this.child = child
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stdout?.setEncoding('utf8').on('data', text => {
      this.#stdout += text
      this.#hear()
    })
    child.stderr?.setEncoding('utf8').on('data', text => {
      this.#stderr += text
      this.#hear()
    })
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => {
        this.#hasEnded = true
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr })
        this.#hear()
      })
    })
  }

  /** Waits until sen has written this text, to either stream. */
  async wrote(text: string): Promise<void> {
    await this.#until(() => this.#stdout.includes(text) || this.#stderr.includes(text), text)
  }

  /** Types something, then waits until sen has written the text since. */
  async type(keys: string, text: string): Promise<void> {
    const before = this.#stdout.length
    this.child.stdin?.write(keys)
    await this.#until(() => this.#stdout.includes(text, before), text)
  }

  #until(reached: () => boolean, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#hear = () => {
        if (reached()) resolve()
        else if (this.#hasEnded) {
          reject(
            new Error(`sen ended and did not write ${JSON.stringify(text)}:\n${this.#stdout}${this.#stderr}`),
          )
        }
      }
      this.#hear()
    })
  }
}

/** Starts `sen`. */
export function startSen(
  args: readonly string[],
  { env, input = '', cwd, main = built, shell }: SenOptions = {},
): RunningSen {
  const words = [process.execPath, main, ...args]
  const [command, ...rest] =
    shell === undefined ? words : ['sh', '-c', `${shell} && exec "$@"`, 'sh', ...words]
  const child = spawn(command ?? '', rest, { cwd: cwd ?? projectRoot, env: environment(env) })
  // Sen may be gone before it has read everything.
  child.stdin.on('error', () => {}).end(input)
  return new RunningSen(child)
}

/**
 * Starts `sen` on a pseudo-terminal, which `script` of util-linux makes (and BSD's, for macOS): both
 * of its streams come out as one, with the line ends of a terminal.
 */
export function startSenOnTerminal(
  args: readonly string[],
  { env, cwd, main = built, columns = 200 }: SenOptions & { readonly columns?: number } = {},
): RunningSen {
  const words = [process.execPath, main, ...args].map(word => `'${word.replaceAll("'", "'\\''")}'`)
  const command = `stty cols ${columns} rows 40 && exec ${words.join(' ')}`
  const script =
    process.platform === 'linux'
      ? ['-q', '-e', '-c', command, '/dev/null']
      : ['-q', '-e', '/dev/null', 'sh', '-c', command]
  return new RunningSen(
    spawn('script', script, {
      cwd: cwd ?? projectRoot,
      env: { ...environment(env), SHELL: '/bin/sh', TERM: 'xterm' },
    }),
  )
}

/** Runs `sen` on a pseudo-terminal to its end. */
export function senOnTerminal(
  args: readonly string[],
  options: SenOptions & { readonly columns?: number } = {},
): Promise<Ended> {
  return startSenOnTerminal(args, options).ended
}

/** Nothing of whoever runs the tests: neither their plugins nor their history, nor their taste in colours. */
function environment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), 'sen-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    SEN_PLUGIN_HOST_CACHE: process.env.SEN_PLUGIN_HOST_CACHE ?? 'off',
    ...env,
  }
}

/** Characters that a terminal would act on rather than show, but for line ends. */
export function controlsIn(text: string): string[] {
  return Array.from(text.replaceAll('\r\n', '\n')).filter(character => {
    const code = character.codePointAt(0) ?? 0
    return (code < 0x20 && character !== '\n') || (code >= 0x7f && code < 0xa0)
  })
}
