import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { controlsIn, sen, senOnTerminal, startSen } from '../cli/sen.js'
import { guestFile, plugin, temporaryDirectory } from '../guest.js'

const main = fileURLToPath(new URL('../programs/router.mjs', import.meta.url))

async function files(): Promise<string> {
  const directory = await temporaryDirectory()
  const guests = ['escape-output', 'escape-error'].map(name => guestFile(directory, name))
  return [plugin('greet'), ...(await Promise.all(guests))].join()
}

describe('a program that runs a router', () => {
  test.each([
    ['an answer', 'greet Ada', 0, 'Hello, Ada!\n', ''],
    ['an error of a plugin', 'greet -n 0', 1, '', 'greet: '],
    ['wrong usage', 'greet --stile shout', 2, '', 'Usage: app greet [OPTIONS] [NAME] [COMMAND]\n'],
    ['no such command', 'gret', 2, '', 'greet'],
    ['the version', '--version', 0, 'app 1.2.3\n', ''],
  ])('writes %s where it belongs, and ends with its exit code', async (_, line, code, stdout, stderr) => {
    const ended = await sen([await files(), ...line.split(' ')], { main })
    expect(ended).toMatchObject({ code, stdout })
    expect(ended.stderr).toContain(stderr)
    if (stderr === '') expect(ended.stderr).toBe('')
  })

  test('answers agents on stdout, with nothing on stderr', async () => {
    const { code, stdout, stderr } = await sen([await files(), 'greet', '--count', '--agent'], { main })
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'ERR_USAGE' } })
  })

  test('gives a pipe what a plugin said byte for byte', async () => {
    const { stdout } = await sen([await files(), 'escape-output'], { main })
    expect(stdout).toContain('\x1b]52;c;cHduZWQ=\x07')
  })

  test('ends quietly when nobody reads on', async () => {
    const file = await guestFile(await temporaryDirectory(), 'result-largest')
    const running = startSen([file, 'result-largest'], { main })
    running.child.stdout?.destroy()
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test.each(['escape-output', 'escape-error'])(
    'shows what a plugin said inert on a terminal: %s',
    async name => {
      const { stdout } = await senOnTerminal([await files(), name], { main, env: { NO_COLOR: '1' } })
      expect(stdout).toContain('\\x1b]52;c;cHduZWQ=\\x07')
      expect(controlsIn(stdout)).toEqual([])
    },
  )

  test('shows what middleware makes of it inert as well', async () => {
    const env = { NO_COLOR: '1', TRIM: '1' }
    const { stdout } = await senOnTerminal([await files(), 'escape-output'], { main, env })
    expect(stdout).toContain('\\x1b]52;c;cHduZWQ=\\x07')
    expect(controlsIn(stdout)).toEqual([])
    expect((await senOnTerminal([await files(), 'colored'], { main, env })).stdout).toContain('\x1b[32mgreen')
  })

  test('has its own colours on a terminal, and help of its width', async () => {
    expect((await senOnTerminal([await files(), 'colored'], { main })).stdout).toContain('\x1b[32mgreen')
    const { stdout } = await senOnTerminal([await files(), 'greet', '--help'], { main, columns: 50 })
    expect(stdout).toContain('\x1b[1mUsage:')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the colours.
    const lines = stdout.replace(/\x1b\[\d+m/g, '').split('\r\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(50)
  })
})
