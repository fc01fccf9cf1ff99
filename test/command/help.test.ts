import { type CommandSpec, PluginLoader, renderHelp } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { inertLine } from '../../src/inert.js'
import { widthOf } from '../../src/width.js'
import { controlsIn } from '../cli/sen.js'
import { faultSync } from '../fault.js'
import { guest, plugin } from '../guest.js'
import { command, wrongCommands } from './spec.js'

async function specOf(name: string): Promise<CommandSpec> {
  return (await new PluginLoader().load(plugin(name))).manifest.command
}

const HOSTILE =
  '\x1b[31mred\x1b]8;;https://evil.test\x07\r\n\u202e<script> `code` [link](https://evil.test) | www.evil.test'

const hostile = command(
  [
    { name: HOSTILE, help: HOSTILE, required: true },
    { name: 'o', long: HOSTILE, help: HOSTILE, defaultValue: HOSTILE, possibleValues: [HOSTILE, HOSTILE] },
  ],
  {
    about: HOSTILE,
    version: HOSTILE,
    author: HOSTILE,
    subcommands: [command([], { name: 'sub', about: HOSTILE })],
  },
)

describe('help as text', () => {
  test('says how a command is called, its arguments, options, defaults, possible values and subcommands', async () => {
    expect(renderHelp(await specOf('greet'))).toMatchInlineSnapshot(`
      "greet 0.1.0
      Greets someone, in one of several styles

      Usage: greet [OPTIONS] [NAME] [COMMAND]

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

  test('explains subcommands in full where that is asked for', async () => {
    const help = renderHelp(await specOf('greet'), 'text', { subcommands: 'full' })
    expect(help).toContain('  Usage: greet morning [OPTIONS] <NAME>\n')
    expect(help).not.toContain('Commands:')
  })

  test('says who made it, and how it is called here', () => {
    const help = renderHelp(command([], { version: '1.2.3', author: 'Ada' }), 'text', { call: 'app db' })
    expect(help).toBe('app db 1.2.3\nby Ada\n\nUsage: app db\n')
  })

  test.each([20, 40, 60, 80, 120])('keeps to %d columns, wide characters counted', width => {
    const wide = command(
      [
        { name: '名前', help: '挨拶する相手の名前です。'.repeat(5), defaultValue: '世界' },
        {
          name: 'style',
          long: 'style',
          short: 's',
          help: 'How to say it, in one of several styles.'.repeat(3),
        },
        { name: 'x', long: 'an-option-with-quite-a-long-name', help: 'y'.repeat(200), valueName: 'VALUE' },
      ],
      {
        about: '誰かに挨拶する plugin '.repeat(6),
        subcommands: [command([], { name: 'sub', about: 'z '.repeat(90) })],
      },
    )
    for (const subcommands of ['list', 'full'] as const) {
      const lines = renderHelp(wide, 'text', { width, subcommands }).split('\n')
      // Subcommands are set in by two, and texts keep some columns all the same.
      const most = subcommands === 'list' ? width : Math.max(width, 22)
      expect(lines.filter(line => widthOf(line) > most)).toEqual([])
      expect(lines.join('').replaceAll(' ', '')).toContain('y'.repeat(200))
    }
  })

  test('loses no word when it is wrapped', async () => {
    const words = (text: string) => text.split(/\s+/)
    const spec = await specOf('greet')
    expect(words(renderHelp(spec, 'text', { width: 40 }))).toEqual(words(renderHelp(spec)))
  })

  test('cuts what is longer than anybody reads, wherever it stands', () => {
    const long = '世'.repeat(10_000)
    const texts = { help: long, valueName: long, defaultValue: long, possibleValues: [long, long] }
    const wordy = command([texts, { ...texts, long }], {
      about: long,
      version: long,
      author: long,
      subcommands: [command([texts], { name: 'sub', about: long })],
    })
    const most = { version: 1, about: 1, author: 1, usage: 1, arguments: 6, list: 1 }
    for (const width of [undefined, 1, 80]) {
      const help = renderHelp(wordy, 'text', width === undefined ? {} : { width })
      const count = help.split('世').length - 1
      expect(count).toBeLessThanOrEqual(4_000 * Object.values(most).reduce((sum, times) => sum + times))
    }
    expect(renderHelp(command([], { about: long }))).toContain(`${'世'.repeat(4_000)}…\n`)
    expect(renderHelp(command([], { about: long }), 'markdown')).toContain(long)
  })

  test('has colours only where they are asked for', async () => {
    const spec = await specOf('greet')
    expect(controlsIn(renderHelp(spec, 'text'))).toEqual([])
    const colored = renderHelp(spec, 'ansi')
    expect(colored).toContain('\x1b[1mOptions:\x1b[22m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the colours.
    expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(renderHelp(spec, 'text'))
  })
})

describe('help as Markdown', () => {
  test('has a section for each subcommand', async () => {
    expect(renderHelp(await specOf('greet'), 'markdown')).toMatchInlineSnapshot(`
      "# \`greet\`

      Greets someone, in one of several styles

      Version 0.1.0

      \`greet [OPTIONS] [NAME] [COMMAND]\`

      ## Arguments

      - \`[NAME]\`: Whom to greet (default: \`World\`)

      ## Options

      - \`-g, --greeting <GREETING>\`: The words to greet with (default: \`Hello\`)
      - \`-s, --style <STYLE>\`: How to say it (default: \`plain\`; one of: \`plain\`, \`shout\`, \`whisper\`)
      - \`-n, --count <TIMES>\`: How many times, 1 to 100 (default: \`1\`)

      ## \`greet morning\`

      Wishes a good morning

      \`greet morning [OPTIONS] <NAME>\`

      ### Arguments

      - \`<NAME>\`: Whom to greet (required)

      ### Options

      - \`-s, --style <STYLE>\`: How to say it (default: \`plain\`; one of: \`plain\`, \`shout\`, \`whisper\`)
      - \`-n, --count <TIMES>\`: How many times, 1 to 100 (default: \`1\`)

      ## \`greet evening\`

      Wishes a good evening

      \`greet evening [OPTIONS] <NAME>\`

      ### Arguments

      - \`<NAME>\`: Whom to greet (required)

      ### Options

      - \`-s, --style <STYLE>\`: How to say it (default: \`plain\`; one of: \`plain\`, \`shout\`, \`whisper\`)
      - \`-n, --count <TIMES>\`: How many times, 1 to 100 (default: \`1\`)
      "
    `)
  })

  test('lists subcommands where that is asked for', async () => {
    const help = renderHelp(await specOf('greet'), 'markdown', { subcommands: 'list' })
    expect(help).toContain('## Commands\n\n- `morning`: Wishes a good morning\n')
  })
})

describe('what a plugin says of itself is only read', () => {
  test.each(['text', 'markdown'] as const)('in %s', format => {
    for (const subcommands of ['list', 'full'] as const) {
      const help = renderHelp(hostile, format, { subcommands })
      expect(controlsIn(help)).toEqual([])
      expect(help).toBe(help.split('\n').map(inertLine).join('\n'))
    }
  })

  test('in colour, the only escapes are those of colours', () => {
    const help = renderHelp(hostile, 'ansi', { subcommands: 'full', width: 80 })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the colours.
    expect(controlsIn(help.replace(/\x1b\[(?:1|22|36|39)m/g, ''))).toEqual([])
  })

  test('in Markdown it is neither HTML nor a link, and ends no code', () => {
    const help = renderHelp(hostile, 'markdown')
    const outsideCode = help.replace(/(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
    expect(outsideCode).not.toMatch(/(?<!\\)[<[|`]|https:\/\/|www\./)
    expect(outsideCode).toContain('\\<script\\>')
  })

  test('in a plugin that is loaded', async () => {
    const { manifest } = await new PluginLoader().load(await guest('escape-about'))
    expect(renderHelp(manifest.command)).toContain('\\x1b]52;c;cHduZWQ=\\x07')
  })

  test('and however much it is', () => {
    const args = Array.from({ length: 30_000 }, (_, index) => ({
      name: `a${index}`,
      long: `long-${index}`,
      help: '世',
    }))
    const help = renderHelp(command(args), 'text', { width: 80 })
    expect(help.split('\n').filter(line => line.includes('--long-'))).toHaveLength(30_000)
  })
})

test.each<readonly [string, readonly unknown[]]>([
  ['spec', [undefined]],
  ...wrongCommands.map(([name, spec]) => [name, [spec]] as const),
  ['format', [command([]), 'html']],
  ['width', [command([]), 'text', { width: 0 }]],
  ['call', [command([]), 'text', { call: 1 }]],
  ['subcommands', [command([]), 'text', { subcommands: 'all' }]],
  ['columns', [command([]), 'text', { columns: 80 }]],
])('a wrong %s is refused', (name, args) => {
  const error = faultSync('ERR_INVALID_ARG', () =>
    renderHelp(...(args as unknown as Parameters<typeof renderHelp>)),
  )
  expect(error.details.name).toBe(name)
})
