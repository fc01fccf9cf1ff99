import { Ajv2020 } from 'ajv/dist/2020.js'
import { PluginLoader, PluginRegistry, Router } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { widthOf } from '../../src/width.js'
import { controlsIn } from '../cli/sen.js'
import { guest, plugin } from '../guest.js'
import { hostilePlugin } from '../hostile-plugin.js'

const words = (line: string) => ['app', ...line.split(' ').filter(Boolean)]

async function app(): Promise<Router> {
  const registry = new PluginRegistry()
  await registry.loadPlugin(plugin('greet'))
  const db = new Router({ name: 'db', about: 'Looks after the database' }).route('dump', () => '', {
    about: 'Prints everything',
    args: [{ name: 'table', help: 'Which table', multiple: true }],
  })
  return new Router({ name: 'app', version: '1.2.3', about: 'An example', author: 'Ada' })
    .route('status', () => '', { about: 'Show status' })
    .nest('db', db)
    .plugins(registry)
}

describe('help', () => {
  test('of the program lists its options and all commands', async () => {
    expect((await (await app()).executeWith(words('--help'))).output).toMatchInlineSnapshot(`
      "app 1.2.3
      An example
      by Ada

      Usage: app [OPTIONS] [COMMAND]

      Options:
        -h, --help     show help; --help=markdown as Markdown
        -V, --version  show the version
        --agent        answer with one JSON document, for programs

      Commands:
        status  Show status
        db      Looks after the database
        greet   Greets someone, in one of several styles
      "
    `)
  })

  test('of a command says how it is called', async () => {
    expect((await (await app()).executeWith(words('greet --help'))).output).toMatchInlineSnapshot(`
      "app greet 0.1.0
      Greets someone, in one of several styles

      Usage: app greet [OPTIONS] [NAME] [COMMAND]

      Arguments:
        [NAME]  Whom to greet (default: World)

      Options:
        -g, --greeting <GREETING>  The words to greet with (default: Hello)
        -s, --style <STYLE>        How to say it (default: plain; one of: plain, shout, whisper)
        -n, --count <TIMES>        How many times, 1 to 100 (default: 1)

      Commands:
        morning  Wishes a good morning
        evening  Wishes a good evening
      "
    `)
  })

  test.each([
    ['--help', '-h', 'help', 'help help', 'help --help'],
    ['db --help', 'db -h', 'help db', 'db help', 'db help help', 'help db help'],
    ['db dump --help', 'db dump -h', 'help db dump', 'db help dump', 'help help db dump'],
    ['greet --help', 'greet Ada -h', 'help greet', '-- greet --help'],
    ['greet morning --help', 'greet morning -h', 'help greet morning'],
    ['status --help', 'status -h', 'help status'],
  ])('is the same however it is asked for: %s, %s', async (first, ...others) => {
    const router = await app()
    const expected = await router.executeWith(words(first))
    expect(expected).toMatchObject({ exitCode: 0, from: 'program' })
    expect(expected.output).toContain('Usage: app')
    for (const other of others) expect(await router.executeWith(words(other))).toEqual(expected)
  })

  test.each([
    ['help nosuch', 'nosuch'],
    ['help db nosuch', 'nosuch'],
    ['help greet nosuch', 'nosuch'],
    ['help status nosuch', 'nosuch'],
  ])('of what is not there is an error: %s', async (line, command) => {
    const { exitCode, error } = await (await app()).executeWith(words(line))
    expect({ exitCode, code: error?.code, details: error?.details }).toEqual({
      exitCode: 2,
      code: 'ERR_COMMAND_NOT_FOUND',
      details: { command, suggestions: [] },
    })
  })

  test('is Markdown where that is asked for, commands in full', async () => {
    const { output } = await (await app()).executeWith(words('--help=markdown'))
    expect(output).toContain('# `app`\n')
    expect(output).toContain('### `app greet morning`\n')
    expect(output).toContain('- `-s, --style <STYLE>`: How to say it')
  })

  test('has colours and a width where those are asked for', async () => {
    const router = await app()
    const plain = (await router.executeWith(words('--help'))).output
    expect(controlsIn(plain)).toEqual([])
    const { output } = await router.executeWith(words('--help'), { color: true })
    expect(output).toContain('\x1b[1mUsage:')
    const { output: narrow } = await router.executeWith(words('greet --help'), { width: 40 })
    expect(Math.max(...narrow.split('\n').map(widthOf))).toBeLessThanOrEqual(40)
  })

  test('of a plugin that would write to the terminal is inert', async () => {
    const router = new Router({ name: 'app' }).plugin(
      await new PluginLoader().load(await guest('escape-about')),
    )
    for (const line of ['--help', 'escape-about --help', '--help=markdown', '--agent --help']) {
      const { output } = await router.executeWith(words(line))
      expect(output.toLowerCase()).toMatch(/\\\\?x1b\]52|\\u001b\]52|\\\\x1b\\\]52/)
      expect(controlsIn(output)).toEqual([])
    }
  })

  test('of a plugin that says whatever a parser or terminal might stumble over is inert', async () => {
    const router = new Router({ name: 'app' }).plugin(await new PluginLoader().load(await hostilePlugin()))
    for (const line of ['--help', 'help hostile', 'help hostile help', '--help=markdown', '--agent --help']) {
      const { exitCode, output } = await router.executeWith(words(line))
      expect({ exitCode, controls: controlsIn(output) }).toEqual({ exitCode: 0, controls: [] })
    }
    const { output } = await router.executeWith(words('--agent --help'))
    new Ajv2020({ strict: true, allowUnionTypes: true }).compile(JSON.parse(output).help)
  })

  test('does not start a plugin', async () => {
    // Any execution of it runs out of fuel.
    const router = new Router({ name: 'app' }).plugin(await new PluginLoader().load(await guest('forever')))
    expect(await router.executeWith(words('forever --help'))).toMatchObject({ exitCode: 0 })
  })
})
