import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { answering, guest, temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { type RunningSen, type SenOptions, sen, startSenOnTerminal } from './sen.js'

/** Runs a shell with these plugins over what is typed, to its end. */
async function shellWith(plugins: readonly string[], input: string, ...options: string[]) {
  return await sen(['repl', ...options, ...(await having(...plugins))], { input })
}

describe('sen repl reads commands from a pipe', () => {
  test('and prints their outputs, without a prompt', async () => {
    const input = 'hello Ada\n\n# a comment\ngreet --style shout "Bob Ross"\n'
    expect(await sen(['repl', ...examples], { input })).toEqual({
      code: 0,
      stdout: 'Hello, Ada!\nHELLO, BOB ROSS!\n',
      stderr: '',
    })
  })

  test.each([
    ['hello\n', 0],
    ['hello\ngreet --style loud\n', 1],
    ['greet --style loud\nhello\n', 0],
    ['nosuch\n', 2],
    ['spin\n', 71],
    ['spin\n# a comment\n\n', 71],
    ['spin\n.time\n', 0],
    ['hello\nexit\nspin\n', 0],
    ["hello 'a\n", 2],
    ['', 0],
  ])('and ends with the exit code of the last: %j, %d', async (input, exitCode) => {
    expect((await sen(['repl', ...examples], { input })).code).toBe(exitCode)
  })

  test('and goes on after errors and faults', async () => {
    const { stdout, stderr } = await sen(['repl', ...examples], {
      input: 'spin\nnosuch\ngreet --style loud\nhello\n',
    })
    expect(stdout).toBe('Hello, World!\n')
    expect(stderr).toContain('ERR_FUEL_EXHAUSTED')
    expect(stderr).toContain('ERR_COMMAND_NOT_FOUND')
  })

  test('over several lines where a quote is open', async () => {
    expect((await sen(['repl', ...examples], { input: "hello 'Ada\nand Bob'\n" })).stdout).toBe(
      'Hello, Ada\nand Bob!\n',
    )
  })

  test('with arguments of any length', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    const word = 'x'.repeat(60_000)
    const { stdout } = await sen(['repl', '--plugins', directory], { input: `echo ${word}\n` })
    expect(stdout).toBe(`${word}\n`)
  })

  test('and answers each with one line of JSON', async () => {
    const { code, stdout } = await sen(['repl', '--json', ...examples], {
      input: 'hello\nspin\nplugins\nnosuch\n',
    })
    const [hello, spin, plugins, nosuch] = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(code).toBe(2)
    expect(hello).toMatchObject({ type: 'success', output: 'Hello, World!' })
    expect(spin).toMatchObject({ error: { code: 'ERR_FUEL_EXHAUSTED' } })
    expect(plugins.commands.map(({ command }: { command: string }) => command)).toContain('greet')
    expect(nosuch).toMatchObject({ error: { code: 'ERR_COMMAND_NOT_FOUND' } })
  })
})

describe('commands of the shell', () => {
  test('help lists the commands of the plugins and its own', async () => {
    const { stdout } = await sen(['repl', ...examples], { input: 'help\n' })
    for (const name of ['greet', 'hello', 'plugins', 'reload', '.time', 'exit']) {
      expect(stdout).toMatch(new RegExp(`^${name.replace('.', '\\.')}\\b`, 'm'))
    }
  })

  test('help COMMAND says how it is called', async () => {
    const { stdout } = await sen(['repl', ...examples], { input: 'help greet\nhelp reload\n' })
    expect(stdout).toContain('Usage: greet [OPTIONS] [NAME]')
    expect(stdout).toContain('look for plugins again')
  })

  test('plugins lists the files', async () => {
    const { stdout } = await sen(['repl', ...examples], { input: 'plugins\n' })
    expect(stdout).toMatch(/^hello .*hello\.wasm$/m)
  })

  test('.time turns the receipt on and off', async () => {
    const { stderr } = await sen(['repl', ...examples], { input: 'hello\n.time\nhello\n.time\nhello\n' })
    expect(stderr.match(/^usage: /gm)).toHaveLength(1)
  })

  test('--usage turns it on from the start', async () => {
    const { stderr } = await sen(['repl', '--usage', ...examples], { input: 'hello\n' })
    expect(stderr.match(/^usage: /gm)).toHaveLength(1)
  })

  test('run reaches a plugin whose name the shell has taken', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'exit.wasm'), await answering('exit', 'still here'))
    const { stdout } = await sen(['repl', '--plugins', directory], { input: 'run exit\nexit\nrun exit\n' })
    expect(stdout).toBe('still here\n')
  })
})

/** Ends a shell by Ctrl-D. */
async function leave(shell: RunningSen): Promise<number | null> {
  shell.child.stdin?.write('\x04')
  return (await shell.ended).code
}

describe('sen repl on a terminal', () => {
  test('prompts, and runs what is typed', async () => {
    const shell = startSenOnTerminal(['repl', ...examples])
    await shell.wrote('sen> ')
    await shell.type('hello Ada\r', 'Hello, Ada!')
    expect(await leave(shell)).toBe(0)
  })

  test('completes commands, subcommands, options and values', async () => {
    const shell = startSenOnTerminal(['repl', ...examples])
    await shell.wrote('sen> ')
    await shell.type('gree\t', 't ')
    await shell.type('mor\t', 'ning ')
    await shell.type('--st\t', 'yle ')
    await shell.type('sh\t', 'out ')
    await shell.type('Ada\r', 'GOOD MORNING, ADA!')
    expect(await leave(shell)).toBe(0)
  })

  test('goes on with a prompt of its own where a quote is open', async () => {
    const shell = startSenOnTerminal(['repl', ...examples])
    await shell.wrote('sen> ')
    await shell.type("hello 'a\r", '...> ')
    await shell.type("b'\r", 'Hello, a\r\nb!')
    expect(await leave(shell)).toBe(0)
  })

  test('stops the plugin and not the shell on Ctrl-C', async () => {
    const shell = startSenOnTerminal([
      'repl',
      ...examples,
      '--fuel',
      '18446744073709551615',
      '--timeout',
      '1m',
    ])
    await shell.wrote('sen> ')
    await shell.type('spin\r', '\n')
    await shell.type('\x03', 'stopped')
    await shell.type('hello again\r', 'Hello, again!')
    expect(await leave(shell)).toBe(0)
  })

  test('clears the line on Ctrl-C, and leaves on the second one', async () => {
    const shell = startSenOnTerminal(['repl', ...examples])
    await shell.wrote('sen> ')
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
    const shell = startSenOnTerminal(['repl', ...examples])
    await shell.wrote('sen> ')
    await shell.type("hello 'a\r", '...> ')
    await shell.type('\x03', 'sen> ')
    await shell.type('hello Ada\r', 'Hello, Ada!')
    expect(await leave(shell)).toBe(0)
  })

  test('remembers what was typed the last time', async () => {
    const env = { XDG_STATE_HOME: await temporaryDirectory() }
    const first = startSenOnTerminal(['repl', ...examples], { env })
    await first.wrote('sen> ')
    await first.type('hello Ada\r', 'Hello, Ada!')
    await leave(first)
    const second = startSenOnTerminal(['repl', ...examples], { env })
    await second.wrote('sen> ')
    await second.type('\x1b[A', 'hello Ada')
    await second.type('\r', 'Hello, Ada!')
    await leave(second)
    expect(await readFile(join(env.XDG_STATE_HOME, 'sen', 'history'), 'utf8')).toBe('hello Ada\nhello Ada\n')
  })

  test('works without a history where none can be kept', async () => {
    const env = { XDG_STATE_HOME: await temporaryDirectory() }
    await mkdir(join(env.XDG_STATE_HOME, 'sen', 'history'), { recursive: true })
    const shell = startSenOnTerminal(['repl', ...examples], { env })
    await shell.wrote('no history is kept')
    await shell.type('hello Ada\r', 'Hello, Ada!')
    expect(await leave(shell)).toBe(0)
  })

  test('finds plugins that came and went on reload', async () => {
    const directory = await temporaryDirectory()
    const shell = startSenOnTerminal(['repl', '--plugins', directory])
    await shell.wrote('sen> ')
    await shell.type('echo hi\r', 'ERR_COMMAND_NOT_FOUND')
    await writeFile(join(directory, 'echo.wasm'), await guest('echo'))
    await shell.type('reload\r', '1 commands')
    await shell.type('echo hi there\r', '\nhi')
    expect(await leave(shell)).toBe(0)
  })
})
