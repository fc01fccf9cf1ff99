import { copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { PseudoTerminal } from './cli/pseudo-terminal.js'
import { answering, guestFile, plugin, temporaryDirectory } from './guest.js'

const main = fileURLToPath(new URL('../examples/wasm-cli/main.mjs', import.meta.url))

/** The example on a terminal, with these plugins in a directory of its own. */
async function start(
  plugins: readonly string[],
  args: readonly string[],
): Promise<{ terminal: PseudoTerminal; directory: string }> {
  const directory = await temporaryDirectory()
  for (const name of plugins) await copyFile(plugin(name), join(directory, `${name}.wasm`))
  const env = {
    PATH: process.env.PATH ?? '',
    WASM_CLI_PLUGINS: directory,
    SEN_PLUGIN_HOST_CACHE: process.env.SEN_PLUGIN_HOST_CACHE ?? 'off',
  }
  return { directory, terminal: new PseudoTerminal(process.execPath, [main, ...args], { env, columns: 200 }) }
}

describe('the example of a program whose commands are plugins', () => {
  test('runs a plugin', async () => {
    const { terminal } = await start(['greet'], ['greet', 'Ada', '--style', 'shout'])
    expect(await terminal.ended).toBe(0)
    expect(terminal.lines).toEqual(['HELLO, ADA!'])
  })

  test('says what is wrong with what was typed, before the plugin runs', async () => {
    const { terminal } = await start(['greet'], ['greet', 'Ada', '--style', 'shuot'])
    expect(await terminal.ended).toBe(2)
    expect(terminal.lines.join('\n')).toContain('ERR_USAGE')
  })

  test('shows help of its own commands and those of plugins, in colour', async () => {
    const { terminal } = await start(['greet'], ['--help'])
    expect(await terminal.ended).toBe(0)
    for (const name of ['repl', 'doctor', 'greet'])
      expect(terminal.lines.filter(line => line.startsWith(`  ${name} `))).toHaveLength(1)
    expect(terminal.raw).toContain('\x1b[1m')
  })

  test('says which files are no plugins, and ends with 1 then', async () => {
    const { terminal, directory } = await start(['hello'], ['doctor'])
    expect(await terminal.ended).toBe(0)
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    const env = { PATH: process.env.PATH ?? '', WASM_CLI_PLUGINS: directory }
    const again = new PseudoTerminal(process.execPath, [main, 'doctor'], { env, columns: 200 })
    expect(await again.ended).toBe(1)
    expect(again.lines.some(line => /^problem .*broken\.wasm: ERR_INVALID_MODULE/.test(line))).toBe(true)
  })
})

describe('its shell', () => {
  test('runs what is typed, completes commands, and ends on Ctrl-D', async () => {
    const { terminal } = await start(['hello'], ['repl'])
    await terminal.shows(/^loaded /)
    terminal.type('hel\t')
    await terminal.shows(/^wasm-cli> hello$/)
    terminal.type(' Ada\r')
    await terminal.shows(/^Hello, Ada!$/)
    terminal.type('\x04')
    expect(await terminal.ended).toBe(0)
  })

  test('follows the directory, and leaves the line that is being typed alone', async () => {
    const { terminal, directory } = await start(['hello'], ['repl'])
    await terminal.shows(/^loaded .*hello\.wasm/)
    terminal.type('say some')
    await terminal.shows(/^wasm-cli> say some$/)
    await writeFile(join(directory, 'say.wasm'), await answering('say', 'the first'))
    await terminal.shows(/^loaded .*say\.wasm/)
    terminal.type('thing\r')
    await terminal.shows(/^the first$/)
    await writeFile(join(directory, 'say.wasm'), await answering('say', 'the second'))
    await terminal.shows(/^reloaded .*say\.wasm/)
    terminal.type('say\r')
    await terminal.shows(/^the second$/)
    await rm(join(directory, 'say.wasm'))
    await terminal.shows(/^unloaded .*say\.wasm/)
    terminal.type('say\r')
    await terminal.shows(/ERR_COMMAND_NOT_FOUND/)
  })

  test('opens no other one inside', async () => {
    const { terminal } = await start(['hello'], ['repl'])
    await terminal.shows(/^loaded /)
    terminal.type('repl\r')
    await terminal.shows(/ERR_COMMAND_NOT_FOUND/)
    terminal.type('hello Ada\r')
    await terminal.shows(/^Hello, Ada!$/)
    terminal.type('\x04')
    expect(await terminal.ended).toBe(0)
  })

  test('stops a plugin on Ctrl-C, and goes on', async () => {
    const { terminal, directory } = await start(['hello'], ['repl'])
    await guestFile(directory, 'effect-sleep-hour')
    await terminal.shows(/^loaded .*effect-sleep-hour/)
    terminal.type('effect-sleep-hour\r')
    await terminal.shows(/^wasm-cli> effect-sleep-hour$/)
    terminal.type('\x03')
    await terminal.shows(/^stopped$/)
    terminal.type('hello again\r')
    await terminal.shows(/^Hello, again!$/)
  })
})
