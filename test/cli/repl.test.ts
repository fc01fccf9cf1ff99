import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { answering, guest, temporaryDirectory } from '../guest.js'
import { put } from '../watching.js'
import { having } from './having.js'
import { type Ended, type RunningSen, type SenOptions, sen, startSenOnTerminal } from './sen.js'

/** Runs a shell with these plugins over what is piped into it. */
async function piped(plugins: readonly string[], input: string, ...options: string[]): Promise<Ended> {
  return await sen(['repl', ...options, ...(await having(...plugins))], { input })
}

describe('sen repl reads commands from a pipe', () => {
  test('and prints their outputs, without a prompt', async () => {
    const input = 'echo Ada\n\n# a comment\necho "Bob Ross"\n'
    expect(await piped(['echo'], input)).toEqual({ code: 0, stdout: 'Ada\nBob Ross\n', stderr: '' })
  })

  test.each([
    ['echo\n', 0],
    ['echo\nerror-user\n', 1],
    ['error-user\necho\n', 0],
    ['nosuch\n', 2],
    ['forever\n', 71],
    ['forever\n# a comment\n\n', 71],
    ['forever\n.time\n', 0],
    ['echo\nexit\nforever\n', 0],
    ["echo 'a\n", 2],
    ['', 0],
  ])('and ends with the exit code of the last: %j, %d', async (input, exitCode) => {
    expect((await piped(['echo', 'error-user', 'forever'], input)).code).toBe(exitCode)
  })

  test('and goes on after errors and faults', async () => {
    const { stdout, stderr } = await piped(
      ['echo', 'forever', 'error-user'],
      'forever\nnosuch\nerror-user\necho on\n',
    )
    expect(stdout).toBe('on\n')
    expect(stderr).toContain('ERR_FUEL_EXHAUSTED')
    expect(stderr).toContain('ERR_COMMAND_NOT_FOUND')
  })

  test('over several lines where a quote is open', async () => {
    expect((await piped(['echo'], "echo 'Ada\nand Bob'\n")).stdout).toBe('Ada\nand Bob\n')
  })

  test('with arguments of any length', async () => {
    const word = 'x'.repeat(2 ** 20)
    expect((await piped(['hello'], `hello ${word}\n`)).stdout).toBe(`Hello, ${word}!\n`)
  })

  test('and answers each with one line of JSON', async () => {
    const input = 'echo Ada\nforever\nplugins\nnosuch\n'
    const { code, stdout } = await piped(['echo', 'forever'], input, '--json')
    const [echo, forever, plugins, nosuch] = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(code).toBe(2)
    expect(echo).toMatchObject({ type: 'success', output: 'Ada' })
    expect(forever).toMatchObject({ error: { code: 'ERR_FUEL_EXHAUSTED' } })
    expect(plugins.commands).toMatchObject([{ command: 'echo' }, { command: 'forever' }])
    expect(nosuch).toMatchObject({ error: { code: 'ERR_COMMAND_NOT_FOUND' } })
  })
})

describe('commands of the shell', () => {
  test('help lists the commands of the plugins and its own', async () => {
    const { stdout } = await piped(['echo', 'forever'], 'help\n')
    for (const name of ['echo', 'forever', 'plugins', 'reload', '\\.time', 'exit']) {
      expect(stdout).toMatch(new RegExp(`^${name}\\b`, 'm'))
    }
  })

  test('help COMMAND says how it is called', async () => {
    const { stdout } = await piped(['greet'], 'help greet\nhelp reload\n')
    expect(stdout).toContain('Usage: greet [OPTIONS] [NAME]')
    expect(stdout).toMatch(/^reload$/m)
  })

  test('plugins lists the files', async () => {
    expect((await piped(['echo'], 'plugins\n')).stdout).toMatch(/^echo .*echo\.wasm$/m)
  })

  test('.time turns the receipt on and off', async () => {
    const { stderr } = await piped(['echo'], 'echo\n.time\necho\n.time\necho\n')
    expect(stderr.match(/^usage: /gm)).toHaveLength(1)
  })

  test('--usage turns it on from the start', async () => {
    expect((await piped(['echo'], 'echo\n', '--usage')).stderr.match(/^usage: /gm)).toHaveLength(1)
  })

  test('run reaches a plugin whose name the shell has taken', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'exit.wasm'), await answering('exit', 'still here'))
    const { stdout } = await sen(['repl', '--plugins', directory], { input: 'run exit\nexit\nrun exit\n' })
    expect(stdout).toBe('still here\n')
  })
})

/** Opens a shell on a terminal, and waits for its prompt. */
async function open(
  plugins: readonly string[],
  options: readonly string[] = [],
  how?: SenOptions,
): Promise<RunningSen> {
  const env = { XDG_STATE_HOME: await temporaryDirectory(), ...how?.env }
  const shell = startSenOnTerminal(['repl', ...options, ...(await having(...plugins))], { ...how, env })
  await shell.wrote('sen> ')
  return shell
}

/** Leaves a shell by Ctrl-D. */
async function leave(shell: RunningSen): Promise<number | null> {
  shell.child.stdin?.write('\x04')
  return (await shell.ended).code
}

describe('sen repl on a terminal', () => {
  test('prompts, runs what is typed, and ends with 0 on Ctrl-D', async () => {
    const shell = await open(['hello', 'forever'])
    await shell.type('hello Ada\r', 'Hello, Ada!')
    await shell.type('forever\r', 'ERR_FUEL_EXHAUSTED')
    expect(await leave(shell)).toBe(0)
  })

  test('lets a command end that runs on Ctrl-D, and those typed behind it, then ends with 0', async () => {
    const shell = await open(['hello', 'forever'], ['--fuel', '18446744073709551615', '--timeout', '300ms'])
    shell.child.stdin?.write('forever\rhello Ada\r\x04')
    const { code, stdout } = await shell.ended
    expect(code).toBe(0)
    expect(stdout).toContain('ERR_DEADLINE_EXCEEDED')
    expect(stdout).toMatch(/Hello, Ada!\r\n$/)
    expect(stdout.match(/sen> $/gm)).toBeNull()
  })

  test('completes commands, subcommands, options and values', async () => {
    const shell = await open(['greet'])
    await shell.type('gree\t', 't ')
    await shell.type('mor\t', 'ning ')
    await shell.type('--st\t', 'yle ')
    await shell.type('sh\t', 'out ')
    await shell.type('Ada\r', 'GOOD MORNING, ADA!')
    expect(await leave(shell)).toBe(0)
  })

  test('goes on with a prompt of its own where a quote is open', async () => {
    const shell = await open(['hello'])
    await shell.type("hello 'a\r", '...> ')
    await shell.type("b'\r", 'Hello, a\r\nb!')
    expect(await leave(shell)).toBe(0)
  })

  test('stops the plugin and not the shell on Ctrl-C', async () => {
    const endless = ['--fuel', '18446744073709551615', '--timeout', '1m']
    const shell = await open(['hello', 'forever'], endless)
    await shell.type('forever\r', '\n')
    await shell.type('\x03', 'stopped')
    await shell.type('hello again\r', 'Hello, again!')
    expect(await leave(shell)).toBe(0)
  })

  test('clears the line on Ctrl-C, and leaves on the second one', async () => {
    const shell = await open(['hello'])
    await shell.type('hello nobody', 'nobody')
    await shell.type('\x03', 'Ctrl-D')
    await shell.type('hello Ada\r', 'Hello, Ada!')
    await shell.type('\x03', 'Ctrl-D')
    shell.child.stdin?.write('\x03')
    const { code, stdout } = await shell.ended
    expect(code).toBe(0)
    expect(stdout).not.toContain('Hello, nobody')
  })

  test('gives up a command that is not finished on Ctrl-C', async () => {
    const shell = await open(['hello'])
    await shell.type("hello 'a\r", '...> ')
    await shell.type('\x03', 'sen> ')
    await shell.type('hello Ada\r', 'Hello, Ada!')
    expect(await leave(shell)).toBe(0)
  })

  test('remembers what was typed the last time', async () => {
    const env = { XDG_STATE_HOME: await temporaryDirectory() }
    const first = await open(['hello'], [], { env })
    await first.type('hello Ada\r', 'Hello, Ada!')
    await leave(first)
    const second = await open(['hello'], [], { env })
    await second.type('\x1b[A', 'hello Ada')
    await second.type('\r', 'Hello, Ada!')
    await leave(second)
    expect(await readFile(join(env.XDG_STATE_HOME, 'sen', 'history'), 'utf8')).toBe('hello Ada\nhello Ada\n')
  })

  test('works without a history where none can be kept', async () => {
    const env = { XDG_STATE_HOME: await temporaryDirectory() }
    await mkdir(join(env.XDG_STATE_HOME, 'sen', 'history'), { recursive: true })
    const shell = await open(['hello'], [], { env })
    await shell.wrote('no history is kept')
    await shell.type('hello Ada\r', 'Hello, Ada!')
    expect(await leave(shell)).toBe(0)
  })

  test('finds plugins that have come on reload', async () => {
    const directory = await temporaryDirectory()
    const shell = startSenOnTerminal(['repl', '--plugins', directory])
    await shell.wrote('sen> ')
    await shell.type('echo hi\r', 'ERR_COMMAND_NOT_FOUND')
    await writeFile(join(directory, 'echo.wasm'), await guest('echo'))
    await shell.type('reload\r', '1 command')
    await shell.type('echo hi there\r', '\nhi')
    expect(await leave(shell)).toBe(0)
  })

  test('says what becomes of plugins while a line is typed, and knows them as they are by then', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'first.wasm')
    await put(path, 'first', 'one')
    const shell = startSenOnTerminal(['repl', '--plugins', directory])
    await shell.wrote('sen> ')
    await shell.type('fir', 'fir')
    await put(path, 'first', 'two')
    await shell.wrote('reloaded first')
    await shell.type('st\r', '\ntwo')
    await put(join(directory, 'greeter.wasm'), 'greeter', 'three')
    await shell.wrote('loaded   greeter')
    await shell.type('gree\t', 'ter ')
    await shell.type('\r', '\nthree')
    await shell.type('help\r', '\ngreeter')
    await writeFile(path, 'not wasm')
    await shell.wrote('first stays as it was')
    await rm(path)
    await shell.wrote('unloaded first')
    await shell.type('plugins\r', '\ngreeter')
    await shell.type('first\r', 'ERR_COMMAND_NOT_FOUND')
    await shell.type('reload\r', '1 command')
    await put(join(directory, 'greeter.wasm'), 'greeter', 'four')
    await shell.wrote('reloaded greeter')
    expect(await leave(shell)).toBe(0)
    const { stdout } = await shell.ended
    expect(stdout.match(/(re|un)?loaded +\w+ .*\.wasm( \([\d.]+ ms\))?/g)).toHaveLength(4)
    expect(stdout).not.toContain('loaded   first')
  })

  test('says at once what is wrong with the plugins that are there, and follows directories that are not', async () => {
    const home = await temporaryDirectory()
    const directory = join(home, 'sen', 'plugins')
    const shell = startSenOnTerminal(['repl'], { cwd: home, env: { XDG_DATA_HOME: home } })
    await shell.wrote('there are no plugins')
    await shell.wrote('sen> ')
    await mkdir(directory, { recursive: true })
    await put(join(directory, 'a.wasm'), 'a', 'here')
    await shell.wrote('loaded   a')
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    await put(join(directory, 'z.wasm'), 'a', 'taken')
    await shell.wrote('(ERR_INVALID_MODULE)')
    await shell.wrote('(ERR_COMMAND_CONFLICT)')
    await shell.type('reload\r', 'ERR_COMMAND_CONFLICT, a is in')
    await shell.wrote('broken.wasm: ERR_INVALID_MODULE')
    await shell.type('a\r', '\nhere')
    expect(await leave(shell)).toBe(0)
  })
})
