import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plugin, temporaryDirectory } from '../guest.js'
import { wasiGuest } from '../wasi/guest.js'
import { controlsIn, sen, senJson, senOnTerminal, startSenOnTerminal } from './sen.js'

const TEXT = '\x1b[31mred \x1b]0;title\x07 \u202ereversed\x08\n'

/** A directory to run in, with ./out, and with the example `tee` and a guest that writes escapes in ./plugins. */
async function place(): Promise<string> {
  const cwd = await temporaryDirectory()
  for (const directory of ['plugins', 'out']) await mkdir(join(cwd, directory))
  await copyFile(plugin('tee'), join(cwd, 'plugins/tee.wasm'))
  const write = (descriptor: number) => `
    (i32.store (i32.const 1024) (i32.const 0x4000))
    (i32.store (i32.const 1028) (i32.const ${Buffer.byteLength(TEXT)}))
    (call $check (call $fd_write (i32.const ${descriptor}) (i32.const 1024) (i32.const 1) (i32.const 1032)))`
  const module = await wasiGuest(
    'escapes',
    { stdio: { stdout: true, stderr: true } },
    `${write(1)} ${write(2)} (i32.const 0)`,
    TEXT,
  )
  await writeFile(join(cwd, 'plugins/escapes.wasm'), module)
  return cwd
}

const trust = ['--trust-command', 'tee', '--trust-command', 'escapes']

describe('sen run, of a plugin that uses standard streams', () => {
  test('passes on what is piped in and out', async () => {
    const cwd = await place()
    expect(await sen(['run', ...trust, 'tee', 'file'], { cwd, input: 'größer\0\n' })).toEqual({
      code: 0,
      stdout: 'größer\0\n',
      stderr: '10 bytes\n',
    })
    expect(await readFile(join(cwd, 'out/file'), 'utf8')).toBe('größer\0\n')
  })

  test('ends with the code of its error, and what it wrote before is there', async () => {
    const cwd = await place()
    const { code, stdout, stderr } = await sen(['run', ...trust, 'tee', 'sub/file'], { cwd, input: 'text' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('sub/file')
  })

  test('asks first on a terminal, then has it read what is typed', async () => {
    const cwd = await place()
    const running = startSenOnTerminal(['run', 'tee', 'file'], { cwd })
    await running.wrote('[n]o: ')
    await running.type('once\r', 'once')
    await running.type('typed\r', 'typed')
    // Longer than a plugin may take: waiting for a person is not its time.
    await new Promise(resolve => setTimeout(resolve, 1500))
    // The end of a terminal's input.
    running.child.stdin?.write('\x04')
    const { code, stdout } = await running.ended
    expect(code).toBe(0)
    expect(stdout).toContain('6 bytes')
    expect(await readFile(join(cwd, 'out/file'), 'utf8')).toBe('typed\n')
  })

  test('shows on a terminal nothing that it would act on', async () => {
    const { code, stdout } = await senOnTerminal(['run', ...trust, 'escapes'], { cwd: await place() })
    expect(code).toBe(0)
    expect(stdout.match(/red/g)).toHaveLength(2)
    expect(controlsIn(stdout)).toEqual([])
    expect(stdout).not.toContain('\u202e')
  })

  test('gives a pipe every byte of it', async () => {
    const { stdout, stderr } = await sen(['run', ...trust, 'escapes'], { cwd: await place() })
    expect({ stdout, stderr }).toEqual({ stdout: TEXT, stderr: TEXT })
  })

  test('puts all of it into the one document of --json', async () => {
    const { code, json } = await senJson(['run', '--json', ...trust, 'tee', 'file'], {
      cwd: await place(),
      input: 'text',
    })
    expect(code).toBe(0)
    expect(json).toMatchObject({ type: 'success', stdout: 'text', stderr: '4 bytes\n' })
  })
})

describe('sen repl', () => {
  test('keeps the lines that are piped in for itself', async () => {
    const ended = await sen(['repl', ...trust], { cwd: await place(), input: 'tee one\ntee two\n' })
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '0 bytes\n0 bytes\n' })
  })

  test('keeps what is typed for itself', async () => {
    const running = startSenOnTerminal(['repl', ...trust], { cwd: await place() })
    await running.wrote('sen> ')
    await running.type('tee one\r', '0 bytes')
    await running.type('tee two\r', '0 bytes')
    running.child.stdin?.write('\x04')
    expect((await running.ended).code).toBe(0)
  })

  test('prints one document for each command with --json, whatever it writes', async () => {
    const { stdout } = await sen(['repl', '--json', ...trust], { cwd: await place(), input: 'escapes\n' })
    expect(JSON.parse(stdout)).toMatchObject({ type: 'success', stdout: TEXT, stderr: TEXT })
  })
})
