import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compile, temporaryDirectory } from '../guest.js'
import { DATA, wasiGuest } from '../wasi/guest.js'
import { having } from './having.js'
import { PseudoTerminal, type TerminalOptions } from './pseudo-terminal.js'
import { projectRoot, sen } from './sen.js'

const built = fileURLToPath(new URL('../../dist/sen.cjs', import.meta.url))
const nowhere = '/dev/null/nowhere'
const environment = {
  PATH: process.env.PATH ?? '',
  HOME: nowhere,
  XDG_DATA_HOME: nowhere,
  XDG_STATE_HOME: nowhere,
  SEN_PLUGIN_HOST_CACHE: process.env.SEN_PLUGIN_HOST_CACHE ?? 'off',
}

/** Starts sen in a window. */
function open(args: readonly string[], { env, ...options }: TerminalOptions = {}): PseudoTerminal {
  return new PseudoTerminal(process.execPath, [built, ...args], {
    cwd: projectRoot,
    env: { ...environment, ...env },
    ...options,
  })
}

/** A plugin whose command is `wide`, and what it says of itself as UTF-8. */
function about(text: string): Promise<Uint8Array> {
  const bytes = Array.from(new TextEncoder().encode(text), byte => `\\${byte.toString(16).padStart(2, '0')}`)
  const head = '\\92\\02\\92\\a4wide\\d9'
  const length = bytes.length.toString(16).padStart(2, '0')
  return compile(`(module
    (memory (export "memory") 1)
    (data (i32.const 16) "${head}\\${length}${bytes.join('')}")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const ${(16n << 32n) | BigInt(10 + bytes.length)}))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0)))`)
}

describe('in a narrow window', () => {
  test.each([40, 60, 100])('of %d columns, tables keep to a line for each row', async columns => {
    const window = open(['list', ...(await having('greet', 'hello', 'echo'))], { columns })
    expect(await window.ended).toBe(0)
    expect(window.lines.map(line => line.split(' ')[0])).toEqual(['COMMAND', 'echo', 'greet', 'hello'])
  })

  test.each([
    ['run', 60],
    ['list', 60],
    ['doctor', 60],
    ['run', 40],
    ['list', 40],
    ['doctor', 40],
  ])('help of %s breaks lines between words, of %d columns', async (command, columns) => {
    const window = open([command, '--help'], { columns })
    expect(await window.ended).toBe(0)
    const { stdout } = await sen([command, '--help'])
    const words = new Set(stdout.split(/\s+/))
    expect(
      window.lines
        .join('\n')
        .split(/\s+/)
        .filter(word => !words.has(word)),
    ).toEqual([])
  })
})

test.each(['世界こんにちは', '한국어', '🎉🎉🎉', 'e\u0301e\u0301e\u0301'])(
  'columns are aligned behind %s',
  async text => {
    const [, directory = ''] = await having('hello')
    await writeFile(join(directory, 'wide.wasm'), await about(text))
    const window = open(['list', '--plugins', directory], { columns: 200 })
    expect(await window.ended).toBe(0)
    const column = window.lines[0]?.indexOf('FILE') ?? 0
    expect(window.textFrom(1, column)).toMatch(/^\S*hello\.wasm$/)
    expect(window.textFrom(2, column)).toMatch(/^\S*wide\.wasm$/)
    expect(window.textFrom(2, 0)).toContain(text)
  },
)

describe('colours in a window', () => {
  const bold = '\x1b[1m'

  test.each<[env: Record<string, string>, isColored: boolean]>([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [{ FORCE_COLOR: '0' }, false],
    [{ TERM: 'dumb' }, false],
  ])('with %j: %s', async (env, isColored) => {
    const window = open(['list', ...(await having('echo'))], { env })
    expect(await window.ended).toBe(0)
    expect(window.raw.includes(bold)).toBe(isColored)
  })
})

describe('exit codes in a window are those that are documented', () => {
  test.each<[what: string, plugins: string[], args: string[], code: number]>([
    ['success', ['hello'], ['hello'], 0],
    ["a plugin's own error", ['error-code-42'], ['error-code-42'], 42],
    ['no such command', ['hello'], ['nosuch'], 2],
    ['out of fuel', ['forever'], ['forever'], 71],
    ['a trap', ['divide-by-zero'], ['divide-by-zero'], 76],
  ])('%s', async (_, plugins, args, code) => {
    expect(await open(['run', ...(await having(...plugins)), ...args]).ended).toBe(code)
  })

  test('refused', async () => {
    const window = open(['run', ...(await having('capabilities-net')), 'capabilities-net'])
    await window.shows(/capabilities-net/)
    window.type('n\r')
    expect(await window.ended).toBe(77)
  })

  test('interrupted in the shell, which goes on', async () => {
    const endless = ['--fuel', '18446744073709551615', '--timeout', '1m', '--verbose']
    const window = open(['repl', ...endless, ...(await having('hello', 'forever'))])
    await window.shows(/sen>/)
    window.type('forever\r')
    await window.shows(/^sen> forever$/)
    window.type('\x03')
    await window.shows(/stopped/)
    window.type('hello again\r')
    await window.shows(/^Hello, again!$/)
    window.type('\x04')
    expect(await window.ended).toBe(0)
  })
})

test.each([
  ['ends no line', 'no end', 'no end'],
  ['ends its line', 'an end\n', 'an end'],
])('the shell shows all that a plugin writes which %s', async (_, text, shown) => {
  const directory = await temporaryDirectory()
  const write = `
    (i32.store (i32.const 1024) (i32.const ${DATA}))
    (i32.store (i32.const 1028) (i32.const ${text.length}))
    (call $check (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))
    (i32.const 0)`
  await writeFile(
    join(directory, 'writer.wasm'),
    await wasiGuest('writer', { stdio: { stdout: true } }, write, text),
  )
  const window = open(['repl', '--plugins', directory, '--trust-command', 'writer'])
  await window.shows(/sen>/)
  window.type('writer\r')
  await window.until(lines => lines.filter(line => line.startsWith('sen>')).length === 2, 'another prompt')
  expect(window.lines.slice(-2)).toEqual([shown, 'sen> '])
})

test('lines that are pasted into the shell at once are carried out one after the other', async () => {
  const window = open(['repl', ...(await having('hello'))])
  await window.shows(/sen>/)
  window.type("hello one\rhello 'two\rlines'\rhello three\r")
  await window.shows(/^Hello, three!$/)
  expect(window.lines.filter(line => /^Hello, |^lines!/.test(line))).toEqual([
    'Hello, one!',
    'Hello, two',
    'lines!',
    'Hello, three!',
  ])
})

describe('a pipe whose reader has enough', () => {
  test.each([
    ['a large output', 'run', ['result-largest'], ['result-largest']],
    ['a list', 'list', ['hello', 'echo'], []],
    ['help', '--help', ['hello'], []],
  ])('ends sen quietly: %s', async (_, command, plugins, args) => {
    const [option = '', directory = ''] = await having(...plugins)
    const words = [built, command, ...(command === '--help' ? [] : [option, directory]), ...args]
    const program = '"$NODE" "$@" | head -c 1 >/dev/null; exit $PIPESTATUS'
    const { status, stderr } = spawnSync('bash', ['--norc', '-c', program, 'bash', ...words], {
      encoding: 'utf8',
      cwd: projectRoot,
      env: { ...environment, NODE: process.execPath },
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
