import { Command } from 'commander'
// The oldest that is supported.
import { Command as OldestCommand } from 'commander-12'
import { PluginRegistry, type RouterResponse } from 'sen-plugin-host'
import { type AddPluginsOptions, addPlugins } from 'sen-plugin-host/commander'
import { describe, expect, test } from 'vitest'
import { faultSync } from '../fault.js'
import { answering } from '../guest.js'
import { hostilePlugin, wordyPlugin } from '../hostile-plugin.js'
import { having, LINES } from './plugins.js'

/** A program, and what becomes of its plugins' commands. */
function program(registry: PluginRegistry, options: AddPluginsOptions = {}, Program = Command) {
  const responses: RouterResponse[] = []
  const texts: string[] = []
  const app = new Program('app').option('--loud', 'says more').exitOverride()
  app.configureOutput({ writeOut: text => texts.push(text), writeErr: text => texts.push(text) })
  app.command('status').action(() => void texts.push('fine'))
  const stop = addPlugins(app, registry, { respond: response => void responses.push(response), ...options })
  const run = async (line: string) => {
    await app
      .parseAsync(line.split(' ').filter(Boolean), { from: 'user' })
      .catch(error => texts.push(error.code))
    return responses.at(-1)
  }
  return { app, run, stop, responses, texts }
}

describe("a registry's commands in a program of commander's", () => {
  test.each(LINES)('%s', async (line, exitCode, output) => {
    const { run, responses } = program(await having('greet', 'echo', 'error-user', 'forever'))
    expect(await run(line)).toMatchObject({ exitCode, output })
    expect(responses).toHaveLength(1)
  })

  test.each(LINES)('in its oldest version: %s', async (line, exitCode, output) => {
    const registry = await having('greet', 'echo', 'error-user', 'forever')
    const { run } = program(registry, {}, OldestCommand as unknown as typeof Command)
    expect(await run(line)).toMatchObject({ exitCode, output })
  })

  test('leave the program its own commands', async () => {
    const registry = new PluginRegistry()
    for (const name of ['status', 'help']) await registry.loadPlugin(await answering(name, 'forged'))
    const { run, texts, responses } = program(registry)
    await run('status')
    await run('help')
    expect(texts[0]).toBe('fine')
    expect(texts.join('')).toContain('Usage: app')
    expect(responses).toEqual([])
  })

  test('are in its help, with arguments, options and subcommands', async () => {
    const { run, texts, responses } = program(await having('greet'))
    await run('--help')
    expect(texts.join('')).toMatch(/^ {2}greet .*Greets someone/m)
    for (const [line, expected] of [
      ['greet --help', /-s, --style <STYLE> +How to say it \(default: plain; one/],
      ['help greet', /Usage: app greet \[OPTIONS\] \[NAME\]/],
      ['greet morning -h', /Usage: app greet morning \[OPTIONS\] <NAME>/],
    ] as const) {
      texts.length = 0
      await run(line)
      expect(texts.join('')).toMatch(expected)
    }
    expect(responses).toEqual([])
  })

  test('come and go with its plugins', async () => {
    const registry = await having('echo')
    const { app, run, stop } = program(registry, { prefix: 'x' })
    const names = () => app.commands.map(command => command.name())
    expect(names()).toEqual(['status', 'x:echo'])
    await registry.loadPlugin(await answering('later', 'here'))
    expect(await run('x:later')).toMatchObject({ output: 'here', command: 'x:later' })
    await registry.unload('echo')
    expect(names()).toEqual(['status', 'x:later'])
    stop()
    await registry.close()
    expect(names()).toEqual(['status', 'x:later'])
    expect(await run('x:later')).toMatchObject({ exitCode: 2, error: { code: 'ERR_COMMAND_NOT_FOUND' } })
  })

  test('are all gone when the registry is closed', async () => {
    const registry = await having('echo', 'greet')
    const { app } = program(registry)
    await registry.close()
    expect(app.commands.map(command => command.name())).toEqual(['status'])
  })

  test('get every word where that is asked for', async () => {
    const { run } = program(await having('greet'), { args: 'passthrough' })
    expect(await run('greet --help')).toMatchObject({ exitCode: 1, error: { code: 'ERR_COMMAND_FAILED' } })
  })

  test('can be those of a command of the program', async () => {
    const registry = await having('greet')
    const responses: RouterResponse[] = []
    const app = new Command('app').exitOverride()
    addPlugins(app.command('plugins'), registry, { respond: response => void responses.push(response) })
    await app.parseAsync(['plugins', 'greet', '--style', 'shout', '--', 'Ada'], { from: 'user' })
    expect(responses).toMatchObject([{ output: 'HELLO, ADA!' }])
  })

  test('do no harm by what they say of themselves', async () => {
    const registry = new PluginRegistry()
    const { run, texts } = program(registry)
    await registry.loadPlugin(await hostilePlugin())
    await run('--help')
    await run('hostile --help')
    expect(texts.join('')).toContain('hostile')
    expect(texts.join('')).not.toContain('\x1b')
    expect(await run('hostile')).toMatchObject({ output: 'ok' })
  })

  // commander takes longest for spaces.
  test.each(['é', ' '])(
    'take no more of the help than people read, however much they say: %j',
    async character => {
      const registry = new PluginRegistry()
      const { run, texts } = program(registry)
      await registry.loadPlugin(await wordyPlugin(`x${character.repeat(5_000)}x`))
      await run('--help')
      await run('wordy --help')
      const help = texts.join('')
      expect(help).toContain('--option-0')
      expect(help.length).toBeLessThan(20_000)
      expect(await run('wordy')).toMatchObject({ output: 'ok' })
    },
  )
})

test.each([
  ['registry', [new Command('app'), {}]],
  ['args', [new Command('app'), new PluginRegistry(), { args: 'some' }]],
  ['prefix', [new Command('app'), new PluginRegistry(), { prefix: 'a b' }]],
  ['signal', [new Command('app'), new PluginRegistry(), { signal: 1 }]],
  ['respond', [new Command('app'), new PluginRegistry(), { respond: 1 }]],
  ['onResult', [new Command('app'), new PluginRegistry(), { onResult: 1 }]],
])('a wrong %s is refused', (name, args) => {
  const error = faultSync('ERR_INVALID_ARG', () =>
    addPlugins(...(args as unknown as Parameters<typeof addPlugins>)),
  )
  expect(error.details.name).toBe(name)
})
