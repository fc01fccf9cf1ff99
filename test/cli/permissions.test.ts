import { execFile } from 'node:child_process'
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { askingFile } from '../permissions/asking.js'
import { controlsIn, sen, senJson, senOnTerminal, startSenOnTerminal } from './sen.js'

const read = { fsRead: [{ pattern: './data', recursive: false }] }
const write = { fsWrite: [{ pattern: './out', recursive: false }] }

/** A plugin that asks for reading and writing, and a user who has not granted anything yet. */
async function user(capabilities: object = { ...read, ...write }) {
  const plugins = await temporaryDirectory()
  const config = await temporaryDirectory()
  const file = await askingFile(plugins, 'it', capabilities)
  // macOS has settings below the home directory.
  const env = { XDG_CONFIG_HOME: config, HOME: config }
  return { plugins, file, options: { env }, run: ['run', '--plugins', plugins] }
}

describe('sen run', () => {
  test('refuses what asks for something where nobody can be asked, and says what would grant it', async () => {
    const { run, options, file } = await user()
    const { code, stdout, stderr } = await sen([...run, 'it'], options)
    expect({ code, stdout }).toEqual({ code: 77, stdout: '' })
    for (const text of [
      '--trust-plugin=blake3:',
      '--trust-command=it',
      '--policy',
      `sen permissions grant ${file}`,
    ])
      expect(stderr).toContain(text)
    const { json } = await senJson([...run, '--json', 'it'], options)
    expect(json.error).toMatchObject({
      code: 'ERR_PERMISSION_DENIED',
      details: { command: 'it', reason: 'no-prompt' },
    })
  })

  test('says what would grant it as a shell takes it', async () => {
    const plugins = join(await temporaryDirectory(), 'my "own" $HOME')
    await mkdir(plugins)
    const file = await askingFile(plugins, 'it', read)
    const { stderr } = await sen(['run', '--plugins', plugins, 'it'])
    const [, granting = ''] = /or sen permissions grant (.*) for good/.exec(stderr) ?? []
    const { stdout } = await promisify(execFile)('sh', ['-c', `printf %s ${granting}`])
    expect(stdout).toBe(file)
  })

  test('grants what is trusted, this time', async () => {
    const { run, options, file } = await user()
    const { json } = await senJson(['inspect', '--json', file])
    for (const flag of [`--trust-plugin=${file}`, `--trust-plugin=${json.digest}`, '--trust-command=it'])
      expect(await sen([...run, flag, 'it'], options)).toMatchObject({ code: 0, stdout: 'ok\n' })
    expect(await sen([...run, 'it'], options)).toMatchObject({ code: 77 })
  })

  test('takes no misspelt file for trust', async () => {
    const { run, options, file } = await user()
    expect(await sen([...run, `--trust-plugin=${file}x`, 'it'], options)).toMatchObject({ code: 2 })
  })

  test('grants what a policy file lists, and says where that is wrong', async () => {
    const { run, options, plugins } = await user()
    const policy = join(plugins, 'policy.json')
    await writeFile(
      policy,
      JSON.stringify({ version: 1, plugins: [{ path: 'it.wasm', capabilities: read }] }),
    )
    expect(await sen([...run, '--policy', policy, 'it'], options)).toMatchObject({ code: 0, stdout: 'ok\n' })
    await writeFile(policy, '{ "version": 1,\n  "plugin": [] }')
    const { code, stderr } = await sen([...run, '--policy', policy, 'it'], options)
    expect(code).toBe(2)
    expect(stderr).toContain(`${policy}:2:`)
  })

  test('asks on a terminal, and remembers what is always allowed', async () => {
    const { run, options } = await user({ fsRead: [{ pattern: './\x1b[2Jdata', recursive: false }] })
    const asking = startSenOnTerminal([...run, 'it'], options)
    await asking.wrote('Allow it?')
    asking.child.stdin?.write('a\r')
    const { code, stdout } = await asking.ended
    expect(code).toBe(0)
    expect(stdout).toContain('ok')
    expect(controlsIn(stdout)).toEqual([])
    expect(await sen([...run, 'it'], options)).toMatchObject({ code: 0, stdout: 'ok\n' })
  })

  test('says on a terminal that a plugin which has changed keeps its grant', async () => {
    const { run, options, plugins, file } = await user()
    expect(await sen(['permissions', 'grant', file], options)).toMatchObject({ code: 0 })
    await askingFile(plugins, 'it', { ...read, ...write }, { version: 1 })
    const { code, stdout } = await senOnTerminal([...run, 'it'], options)
    expect(code).toBe(0)
    expect(stdout).toContain('it has changed')
    expect(await sen([...run, 'it'], options)).toMatchObject({ code: 0, stderr: '' })
  })

  test('takes nothing for an answer that was typed before it asked', async () => {
    const { run, options } = await user()
    const asking = startSenOnTerminal([...run, 'it'], options)
    asking.child.stdin?.write('always\r')
    await asking.wrote('Allow it?')
    asking.child.stdin?.write('n\r')
    expect((await asking.ended).code).toBe(77)
  })

  test('ends on Ctrl-C while it asks', async () => {
    const { run, options } = await user()
    const asking = startSenOnTerminal([...run, 'it'], options)
    await asking.wrote('Allow it?')
    asking.child.stdin?.write('\x03')
    expect((await asking.ended).code).toBe(130)
  })
})

describe('sen repl', () => {
  test('asks in the shell, and takes the answer for no command', async () => {
    const { plugins, options } = await user()
    const shell = startSenOnTerminal(['repl', '--plugins', plugins], options)
    await shell.wrote('sen> ')
    await shell.type('it\r', 'Allow it?')
    await shell.type('s\r', 'ok')
    await shell.type('it\r', 'ok')
    await shell.type('exit\r', 'exit')
    expect((await shell.ended).code).toBe(0)
  })

  test('goes on after Ctrl-C while it asks', async () => {
    const { plugins, options } = await user()
    const shell = startSenOnTerminal(['repl', '--plugins', plugins], options)
    await shell.wrote('sen> ')
    await shell.type('it\r', 'Allow it?')
    await shell.type('\x03', 'sen> ')
    await shell.type('it\r', 'Allow it?')
    await shell.type('n\r', 'ERR_PERMISSION_DENIED')
    await shell.type('exit\r', 'exit')
    expect((await shell.ended).code).toBe(0)
  })
})

describe('sen repl ends on Ctrl-D, and grants nothing', () => {
  test('while it asks', async () => {
    const { plugins, options } = await user()
    const shell = startSenOnTerminal(['repl', '--plugins', plugins], options)
    await shell.wrote('sen> ')
    await shell.type('it\r', 'Allow it?')
    await shell.type('\x04', 'ERR_PERMISSION_DENIED')
    expect((await shell.ended).code).toBe(0)
  })

  test('before it asks', async () => {
    const { plugins, options } = await user()
    const shell = startSenOnTerminal(['repl', '--plugins', plugins], options)
    await shell.wrote('sen> ')
    await shell.type('it\r\x04', 'ERR_PERMISSION_DENIED')
    expect((await shell.ended).code).toBe(0)
  })
})

describe('sen permissions', () => {
  test('has nothing to list at first', async () => {
    const { options } = await user()
    expect(await sen(['permissions', 'list'], options)).toMatchObject({ code: 0, stdout: '' })
    const { json } = await senJson(['permissions', 'list', '--json'], options)
    expect(json).toEqual({ file: expect.stringMatching(/permissions\.json$/), grants: [] })
  })

  test('grants, lists, shows and revokes', async () => {
    const { run, options, file } = await user()
    const granted = await sen(
      ['permissions', 'grant', file, '--only', 'fs-read', '--until', '2999-01-31'],
      options,
    )
    expect(granted).toMatchObject({ code: 0, stderr: '' })
    expect(await sen([...run, 'it'], options)).toMatchObject({ code: 0, stdout: 'ok\n' })
    const { stdout } = await sen(['permissions', 'list'], options)
    expect(stdout).toMatch(/^it +reads files: \.\/data .* 2999-01-31 00:00 .*blake3:[0-9a-f]{64}$/m)
    const { json } = await senJson(['permissions', 'show', 'it', '--json'], options)
    expect(json.grants).toMatchObject([
      { command: 'it', path: file, granted: { ...read, fsWrite: [] }, refused: { ...write, fsRead: [] } },
    ])
    const shown = await sen(['permissions', 'show', json.grants[0].digest], options)
    expect(shown.stdout).toMatch(/reads files: \.\/data[\s\S]*refused:\n +reads and writes files: \.\/out/)
    expect(await sen(['permissions', 'revoke', 'it'], options)).toMatchObject({ code: 0 })
    expect(await sen([...run, 'it'], options)).toMatchObject({ code: 77 })
    for (const what of ['show', 'revoke'])
      expect(await sen(['permissions', what, 'it'], options)).toMatchObject({ code: 2, stdout: '' })
  })

  test('grants relative paths for the directory that it is in, and says so', async () => {
    const { run, options, file } = await user()
    const [one, other] = [await realpath(await temporaryDirectory()), await temporaryDirectory()]
    const { stdout: given } = await sen(['permissions', 'grant', file], { ...options, cwd: one })
    expect(given).toContain(`holds: ${one}\n`)
    expect((await sen(['permissions', 'list'], options)).stdout).toContain(` ${one} `)
    const { json } = await senJson(['permissions', 'list', '--json'], options)
    expect(json.grants).toMatchObject([{ workingDirectory: one }])
    expect(json.grants[0]).not.toHaveProperty('home')
    expect(await sen([...run, 'it'], { ...options, cwd: one })).toMatchObject({ code: 0, stdout: 'ok\n' })
    expect(await sen([...run, 'it'], { ...options, cwd: other })).toMatchObject({ code: 77, stdout: '' })
    const asking = startSenOnTerminal([...run, 'it'], { ...options, cwd: other })
    await asking.wrote('Allow it?')
    asking.child.stdin?.write('n\r')
    expect((await asking.ended).stdout).toContain(`allowed:  in ${one}, which does not hold here`)
  })

  test('grants absolute paths everywhere, and what was granted nowhere it says is so', async () => {
    const { run, options, file } = await user({ fsRead: [{ pattern: '/srv/data', recursive: false }] })
    await sen(['permissions', 'grant', file], options)
    expect((await sen(['permissions', 'show', 'it'], options)).stdout).toContain('holds: everywhere\n')
    const cwd = await temporaryDirectory()
    expect(await sen([...run, 'it'], { ...options, cwd })).toMatchObject({ code: 0 })
    const old = await user()
    const { json } = await senJson(['permissions', 'grant', old.file, '--json'], old.options)
    const document = JSON.parse(await readFile(json.file, 'utf8'))
    delete document.grants[0].workingDirectory
    await writeFile(json.file, JSON.stringify(document))
    expect((await sen(['permissions', 'show', 'it'], old.options)).stdout).toContain('holds: nowhere\n')
    expect(await sen([...old.run, 'it'], old.options)).toMatchObject({ code: 77 })
  })

  test.each([
    ['a kind that there is none', ['--only', 'disk']],
    ['a kind that it does not ask for', ['--only', 'net']],
    ['a date that is none', ['--until', 'soon']],
    ['a date that has passed', ['--until', '2020-01-01']],
  ])('grants nothing by %s', async (_, flags) => {
    const { options, file } = await user()
    expect(await sen(['permissions', 'grant', file, ...flags], options)).toMatchObject({
      code: 2,
      stdout: '',
    })
    expect((await senJson(['permissions', 'list', '--json'], options)).json.grants).toEqual([])
  })

  test('has a file of its own if it is told so', async () => {
    const { options, file, plugins } = await user()
    const store = join(plugins, 'grants.json')
    const { json } = await senJson(['permissions', 'grant', file, '--json', '--store', store], options)
    expect(json).toMatchObject({ file: store, grants: [{ command: 'it' }] })
    expect(JSON.parse(await readFile(store, 'utf8')).grants).toHaveLength(1)
    expect((await senJson(['permissions', 'list', '--json'], options)).json.grants).toEqual([])
  })

  test('refuses a file that is damaged, and resets it when it is told to', async () => {
    const { run, options, file } = await user()
    const { json } = await senJson(['permissions', 'grant', file, '--json'], options)
    await writeFile(json.file, 'damaged')
    for (const args of [
      ['permissions', 'list'],
      ['permissions', 'grant', file],
      [...run, 'it'],
    ]) {
      const { code, stderr } = await sen(args, options)
      expect(code).toBe(77)
      expect(stderr).toContain(json.file)
    }
    expect(await readFile(json.file, 'utf8')).toBe('damaged')
    expect(await sen(['permissions', 'reset'], options)).toMatchObject({ code: 0 })
    expect(await senJson(['permissions', 'reset', '--json'], options)).toMatchObject({
      code: 0,
      json: { revoked: 0 },
    })
    expect(await sen(['permissions', 'grant', file], options)).toMatchObject({ code: 0 })
  })
})
