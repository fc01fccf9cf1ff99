import { PluginRegistry, type RouterResponse } from 'sen-plugin-host'
import { type AddPluginsOptions, addPlugins } from 'sen-plugin-host/yargs'
import { describe, expect, test } from 'vitest'
import yargs from 'yargs'
import { faultSync } from '../fault.js'
import { answering, guest, plugin } from '../guest.js'
import { hostilePlugin, wordyPlugin } from '../hostile-plugin.js'

/** A program, and what becomes of its plugins' commands. */
function program(registry: PluginRegistry, options: AddPluginsOptions = {}) {
  const responses: RouterResponse[] = []
  const app = yargs()
    .scriptName('app')
    .strict()
    .demandCommand(1)
    .exitProcess(false)
    .option('loud', { type: 'boolean' })
  const stop = addPlugins(app, registry, { respond: response => void responses.push(response), ...options })
  app.command('status', 'Show status', {}, () => {})
  /** Runs a line; gives what yargs printed. */
  const print = (line: string) =>
    new Promise<string>(resolve => {
      void app.parse(line.split(' ').filter(Boolean), {}, (_error, _argv, output) => resolve(output))
    })
  const run = async (line: string) => {
    await app.parseAsync(line.split(' ').filter(Boolean))
    return responses.at(-1)
  }
  return { app, run, stop, print, responses }
}

async function having(...names: string[]): Promise<PluginRegistry> {
  const registry = new PluginRegistry()
  for (const name of names) await registry.loadPlugin(name === 'greet' ? plugin('greet') : await guest(name))
  return registry
}

describe("a registry's commands in a program of yargs'", () => {
  test.each([
    ['greet Ada', 0, 'Hello, Ada!'],
    ['--loud greet Ada --style shout', 0, 'HELLO, ADA!'],
    ['greet --style shout Ada', 0, 'HELLO, ADA!'],
    ['greet -g -n Ada', 0, '-n, Ada!'],
    ['greet -- --help', 0, 'Hello, --help!'],
    ['greet -- morning', 0, 'Hello, morning!'],
    ['greet morning Ada -n 1', 0, 'Good morning, Ada!'],
    ['echo --any -x -- y', 0, '--any'],
    ['echo -- x', 0, '--'],
    ['echo 007', 0, '007'],
    ['greet --style quiet', 2, ''],
    ['greet morning', 2, ''],
    ['greet --nosuch', 2, ''],
    ['error-user', 1, ''],
    ['forever', 71, ''],
  ])('%s', async (line, exitCode, output) => {
    const { run, responses } = program(await having('greet', 'echo', 'error-user', 'forever'))
    expect(await run(line)).toMatchObject({ exitCode, output })
    expect(responses).toHaveLength(1)
  })

  test('are in its help, with options and subcommands', async () => {
    const { print, responses } = program(await having('greet'))
    expect(await print('--help')).toMatch(/^ {2}app greet .*Greets someone/m)
    const help = await print('greet --help')
    expect(help).toContain('app greet [OPTIONS] [NAME]')
    expect(help).toMatch(/--style/)
    expect(help).toMatch(/app greet morning/)
    expect(await print('greet morning --help')).toContain('app greet morning [OPTIONS] <NAME>')
    expect(responses).toEqual([])
  })

  test('come with its plugins, and fail when those have gone', async () => {
    const registry = await having('echo')
    const { run, stop } = program(registry, { prefix: 'x' })
    await registry.loadPlugin(await answering('later', 'here'))
    expect(await run('x:later')).toMatchObject({ output: 'here', command: 'x:later' })
    await registry.unload('later')
    expect(await run('x:later')).toMatchObject({ exitCode: 2, error: { code: 'ERR_COMMAND_NOT_FOUND' } })
    await registry.loadPlugin(await answering('later', 'again'))
    expect(await run('x:later')).toMatchObject({ output: 'again' })
    stop()
    await registry.loadPlugin(await answering('unheard', 'x'))
    expect(await run('x:echo a')).toMatchObject({ output: 'a' })
  })

  test('leave the rest of the program as it was', async () => {
    const registry = await having('echo')
    const { run, app, responses } = program(registry)
    await run('echo 007')
    expect(responses).toMatchObject([{ output: '007' }])
    expect(await app.parseAsync(['--loud', 'status'])).toMatchObject({ loud: true, _: ['status'] })
    const error = await new Promise(resolve => void app.parse(['status', '--nosuch'], {}, resolve))
    expect(error).toBeInstanceOf(Error)
    expect(await run('echo again')).toMatchObject({ output: 'again' })
  })

  test('get every word but a request for help where that is asked for', async () => {
    const { run } = program(await having('greet'), { args: 'passthrough' })
    expect(await run('greet --nosuch')).toMatchObject({ exitCode: 1, error: { code: 'ERR_COMMAND_FAILED' } })
  })

  test('do no harm by what they say of themselves', async () => {
    const registry = new PluginRegistry()
    const { run, print } = program(registry)
    await registry.loadPlugin(await hostilePlugin())
    for (const line of ['--help', 'hostile --help', 'hostile help --help'])
      expect(await print(line)).not.toContain('\x1b')
    expect(await run('hostile')).toMatchObject({ output: 'ok' })
  })

  test('take no more of the help than people read, however much they say of themselves', async () => {
    const registry = new PluginRegistry()
    const { run, print } = program(registry)
    await registry.loadPlugin(await wordyPlugin('é'.repeat(5_000)))
    expect((await print('--help')).length).toBeLessThan(2_000)
    const help = await print('wordy --help')
    expect(help).toContain('--option-0')
    expect(help.length).toBeLessThan(20_000)
    expect(await run('wordy')).toMatchObject({ output: 'ok' })
  })
})

test.each([
  ['registry', [yargs(), {}]],
  ['args', [yargs(), new PluginRegistry(), { args: 'some' }]],
  ['onResult', [yargs(), new PluginRegistry(), { onResult: 1 }]],
])('a wrong %s is refused', (name, args) => {
  const error = faultSync('ERR_INVALID_ARG', () =>
    addPlugins(...(args as unknown as Parameters<typeof addPlugins>)),
  )
  expect(error.details.name).toBe(name)
})
