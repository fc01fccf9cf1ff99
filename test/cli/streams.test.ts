import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guest, guestFile, temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { controlsIn, sen, senJson, senOnTerminal, startSen } from './sen.js'

const plain = { env: { NO_COLOR: '1' } }

describe('a pipe', () => {
  test('gets a large output in full', async () => {
    const { code, stdout } = await sen(['run', ...(await having('result-largest')), 'result-largest'])
    expect({ code, length: stdout.length }).toEqual({ code: 0, length: 4_194_291 })
  })

  test('gets a large document in full', async () => {
    const { code, json } = await senJson([
      'run',
      '--json',
      ...(await having('result-largest')),
      'result-largest',
    ])
    expect({ code, length: json.output.length }).toEqual({ code: 0, length: 4_194_290 })
  })

  test('that is closed early ends sen quietly', async () => {
    const running = startSen(['run', ...(await having('result-largest')), 'result-largest'])
    running.child.stdout?.destroy()
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test("gets a plugin's answer byte for byte", async () => {
    const { stdout } = await sen(['run', ...(await having('escape-output')), 'escape-output'])
    expect(stdout).toContain('\x1b]52;c;cHduZWQ=\x07')
  })

  test.each([['list'], ['inspect'], ['scan']])('gets %s inert all the same', async command => {
    const directory = await temporaryDirectory()
    const file = await guestFile(directory, 'escape-about')
    const args = { list: ['--plugins', directory], inspect: [file], scan: [directory] }[command] ?? []
    const { stdout, stderr } = await sen([command, ...args])
    expect(stdout).toContain('\\x1b]52;c;cHduZWQ=\\x07')
    expect(controlsIn(stdout + stderr)).toEqual([])
  })
})

describe('on a terminal nothing that others said does more than be read:', () => {
  test.each(['escape-output', 'escape-error'])('what a plugin answers (%s)', async name => {
    const { stdout } = await senOnTerminal(['run', ...(await having(name)), name], plain)
    expect(stdout).toContain('\\x1b]52;c;cHduZWQ=\\x07')
    expect(stdout).toMatch(/\\r\r\n {0,2}forged line/)
    expect(controlsIn(stdout)).toEqual([])
  })

  test.each([['list'], ['inspect'], ['scan']])('what a plugin says of itself (%s)', async command => {
    const directory = await temporaryDirectory()
    const file = await guestFile(directory, 'escape-about')
    const args = { list: ['--plugins', directory], inspect: [file], scan: [directory] }[command] ?? []
    const { stdout } = await senOnTerminal([command, ...args], { ...plain, columns: 500 })
    expect(stdout).toContain('\\x1b]52;c;cHduZWQ=\\x07')
    expect(controlsIn(stdout)).toEqual([])
  })

  test('the names of files', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, '\x1b[31mred.wasm'), await guest('echo'))
    await writeFile(join(directory, '\x1b[2Jbroken.wasm'), 'not wasm')
    const { stdout } = await senOnTerminal(['list', '--plugins', directory], { ...plain, columns: 500 })
    expect(stdout).toContain('\\x1b[31mred.wasm')
    expect(stdout).toContain('\\x1b[2Jbroken.wasm')
    expect(controlsIn(stdout)).toEqual([])
  })

  test('documents for programs', async () => {
    const name = 'escape-output'
    const { stdout } = await senOnTerminal(['run', '--json', ...(await having(name)), name], plain)
    expect(controlsIn(stdout)).toEqual([])
    expect(JSON.parse(stdout).output).toContain('\x9b1mC1\r\nforged line')
  })
})

describe('colours', () => {
  const bold = '\x1b[1m'

  test('are there on a terminal', async () => {
    expect((await senOnTerminal(['list', ...(await having('echo'))])).stdout).toContain(bold)
    expect((await senOnTerminal(['--help'])).stdout).toContain(bold)
  })

  test('are not there with NO_COLOR', async () => {
    expect((await senOnTerminal(['list', ...(await having('echo'))], plain)).stdout).not.toContain(bold)
    expect((await senOnTerminal(['--help'], plain)).stdout).not.toContain(bold)
  })

  test('are not there in a pipe, unless FORCE_COLOR says so', async () => {
    const list = ['list', ...(await having('echo'))]
    expect((await sen(list)).stdout).not.toContain(bold)
    expect((await sen(list, { env: { FORCE_COLOR: '1' } })).stdout).toContain(bold)
  })
})

test('exit codes are the same on a terminal', async () => {
  const plugins = await having('forever')
  expect((await senOnTerminal(['run', ...plugins, 'forever'])).code).toBe(71)
  expect((await senOnTerminal(['run', ...plugins, 'nosuch'])).code).toBe(2)
})
