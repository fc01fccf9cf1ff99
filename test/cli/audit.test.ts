import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultAuditPath, FileAuditSink } from 'sen-plugin-host'
import { describe, expect, test, vi } from 'vitest'
import { parseMoment } from '../../src/cli/moments.js'
import { event, numbered } from '../audit/events.js'
import { temporaryDirectory } from '../guest.js'
import { askingFile } from '../permissions/asking.js'
import { having } from './having.js'
import { controlsIn, sen, senOnTerminal, startSen } from './sen.js'

/** A file with these events. */
async function auditOf(...events: readonly ReturnType<typeof event>[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'audit.jsonl')
  const sink = new FileAuditSink(path)
  for (const event of events) sink.record(event)
  sink.close()
  return path
}

const digest = `blake3:${'0'.repeat(64)}`
const events = [
  event({ time: '2026-03-01T00:00:00.000Z', type: 'loaded', path: '/plugins/greet.wasm' }),
  event({ time: '2026-03-02T00:00:00.000Z', type: 'granted', details: { fsRead: ['./data'] } }),
  event({ time: '2026-03-03T00:00:00.000Z', type: 'used', command: 'fetch' }),
  event({ time: new Date(Date.now() - 60_000).toISOString(), type: 'denied', command: 'fetch' }),
]

/** Events that sen shows with these options, as its JSON says. */
async function shown(args: readonly string[]): Promise<unknown[]> {
  const { code, stdout } = await sen(['audit', 'show', '--json', ...args])
  expect(code).toBe(0)
  return stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
}

describe('sen audit show', () => {
  test('shows what was recorded, in columns', async () => {
    const { code, stdout, stderr } = await sen(['audit', 'show', await auditOf(...events)])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [header = '', ...lines] = stdout.trimEnd().split('\n')
    expect(header).toMatch(/^TIME +EVENT +COMMAND +DETAILS +FILE +MODULE$/)
    expect(lines).toHaveLength(4)
    for (const line of lines) expect(line.slice(header.indexOf('MODULE'))).toBe(digest)
    expect(lines[0]).toMatch(/^2026-03-01T00:00:00\.000Z +loaded +greet +- +\/plugins\/greet\.wasm /)
    expect(lines[1]).toMatch(/^2026-03-02T00:00:00\.000Z +granted +greet +\{"fsRead":\["\.\/data"\]\} +- /)
  })

  test('gives programs one event a line', async () => {
    expect(await shown([await auditOf(...events)])).toEqual(events)
  })

  test.each([
    [['--type', 'used'], [2]],
    [
      ['--type', 'loaded', '--type', 'denied'],
      [0, 3],
    ],
    [
      ['--command', 'fetch'],
      [2, 3],
    ],
    [
      ['--since', '2026-03-02'],
      [1, 2, 3],
    ],
    [['--until', '2026-03-02T00:00Z'], [0]],
    [['--since', '2h'], [3]],
    [
      ['--until', '1m'],
      [0, 1, 2, 3],
    ],
    [
      ['--limit', '2'],
      [2, 3],
    ],
    [['-n', '1', '--type', 'granted'], [1]],
    [['--limit', '0'], []],
  ])('%j', async (args, wanted) => {
    expect(await shown([...args, await auditOf(...events)])).toEqual(wanted.map(index => events[index]))
  })

  test("shows sen's own file where none is named, and those that were full before", async () => {
    const state = await temporaryDirectory()
    vi.stubEnv('XDG_STATE_HOME', state)
    const path = defaultAuditPath()
    vi.unstubAllEnvs()
    const sink = new FileAuditSink(path, { maxBytes: 1024 })
    for (let number = 0; number < 12; number += 1) sink.record(numbered(number))
    sink.close()
    expect(path.startsWith(state)).toBe(true)
    expect(await readFile(`${path}.1`, 'utf8')).not.toBe('')
    const { stdout } = await sen(['audit', 'show', '--json'], { env: { XDG_STATE_HOME: state } })
    expect(stdout.trimEnd().split('\n')).toHaveLength(12)
  })

  test('follows, until it is told to stop', async () => {
    const path = await auditOf(numbered(0), numbered(1), numbered(2))
    const running = startSen(['audit', 'show', '--follow', '--limit', '2', path])
    await running.wrote('{"number":2}')
    const sink = new FileAuditSink(path, { maxBytes: 1024 })
    for (let number = 3; number < 20; number += 1) sink.record(numbered(number))
    sink.close()
    await running.wrote('{"number":19}')
    running.child.kill('SIGINT')
    const { code, stdout, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^TIME +EVENT/)
    expect(lines.slice(1).map(line => /"number":(\d+)/.exec(line)?.[1])).toEqual(
      Array.from({ length: 19 }, (_, index) => String(index + 1)),
    )
    expect(new Set(lines.map(line => line.length)).size).toBe(2)
  })

  test('follows a file that is not there yet', async () => {
    const path = join(await temporaryDirectory(), 'later', 'audit.jsonl')
    const running = startSen(['audit', 'show', '--follow', '--json', path])
    const sink = new FileAuditSink(path)
    sink.record(numbered(7))
    sink.close()
    await running.wrote('"number":7')
    running.child.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 143, stderr: '' })
  })

  test('says which lines are no records, and shows the others', async () => {
    const path = await auditOf(numbered(0))
    await writeFile(path, `\x1b]52;c;cHduZWQ=\x07\n${'x\n'.repeat(100)}`, { flag: 'a' })
    new FileAuditSink(path).record(numbered(1))
    const { code, stdout, stderr } = await sen(['audit', 'show', path])
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(3)
    expect(stderr).toContain('line 2 ')
    expect(stderr).toContain('\\x1b]52;c;')
    expect(controlsIn(stdout + stderr)).toEqual([])
    expect(stderr.trimEnd().split('\n')).toHaveLength(11)
  })

  test.each([[[]], [['--json']]])('shows nothing that a terminal would act on (%j)', async options => {
    const hostile = '\x1b[2J\x1b]52;c;cHduZWQ=\x07\r\n\x9b31m\u202e'
    const path = await auditOf(event({ command: hostile, path: hostile, details: { [hostile]: [hostile] } }))
    const { code, stdout } = await senOnTerminal(['audit', 'show', ...options, path], {
      columns: 400,
      env: { NO_COLOR: '1' },
    })
    expect(code).toBe(0)
    expect(controlsIn(stdout)).toEqual([])
    expect(stdout).not.toContain('\u202e')
    expect(stdout.trimEnd().split('\r\n')).toHaveLength(options.length === 0 ? 2 : 1)
  })

  test('fits the terminal', async () => {
    const { stdout } = await senOnTerminal(['audit', 'show', await auditOf(...events)], {
      columns: 100,
      env: { NO_COLOR: '1' },
    })
    for (const line of stdout.split('\r\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  test('ends quietly when nobody reads on', async () => {
    const path = await auditOf(...Array.from({ length: 5000 }, (_, number) => numbered(number)))
    const running = startSen(['audit', 'show', path])
    running.child.stdout?.destroy()
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test("says that nothing was recorded, where sen's own file is not there yet", async () => {
    const { code, stdout, stderr } = await sen(['audit', 'show'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^note: .*\n$/)
  })

  test('shows nothing of an empty file, and ends with 0', async () => {
    const path = join(await temporaryDirectory(), 'audit.jsonl')
    await writeFile(path, '')
    expect(await sen(['audit', 'show', path])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test.each([
    ['a file that is not there', ['/nowhere/audit.jsonl']],
    ['a directory', ['/']],
    ['another type', ['--type', 'trusted', 'x']],
    ['no time', ['--since', 'yesterday', 'x']],
    ['no count', ['--limit', '-1', 'x']],
    ['two files', ['x', 'y']],
  ])('ends with 2 for %s', async (_, args) => {
    const { code, stdout, stderr } = await sen(['audit', 'show', ...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^error: /)
  })
})

describe("sen's own audit", () => {
  /** A plugin that asks for reading files, and a user of whom nothing is known. */
  async function user() {
    const plugins = await temporaryDirectory()
    const capabilities = { fsRead: [{ pattern: './data', recursive: false }] }
    const file = await askingFile(plugins, 'it', capabilities)
    const home = await temporaryDirectory()
    const options = { env: { HOME: home, XDG_STATE_HOME: home } }
    const recorded = async () => {
      const { stdout } = await sen(['audit', 'show', '--json'], options)
      const lines = stdout.split('\n').slice(0, -1)
      return lines.map(line => JSON.parse(line))
    }
    return { plugins, file, capabilities, home, options, recorded }
  }

  test('has what sen run granted, what was used, and what it refused', async () => {
    const { plugins, file, capabilities, options, recorded } = await user()
    const run = ['run', '--plugins', plugins]
    const done = await sen([...run, '--trust-command=it', 'it'], options)
    expect(done).toEqual({ code: 0, stdout: 'ok\n', stderr: '' })
    const events = await recorded()
    expect(events.map(({ type }) => type)).toEqual(['granted', 'used'])
    for (const { command, path } of events) expect({ command, path }).toEqual({ command: 'it', path: file })
    expect(events[1].details).toMatchObject({ capabilities })
    expect(await sen([...run, 'it'], options)).toMatchObject({ code: 77 })
    expect((await recorded()).slice(2)).toMatchObject([
      { type: 'requested' },
      { type: 'denied', details: { reason: 'no-prompt' } },
    ])
  })

  test('has what a policy file refuses', async () => {
    const { plugins, options, recorded } = await user()
    const policy = join(plugins, 'policy.json')
    await writeFile(policy, '{ "version": 1, "plugins": [] }')
    const { code } = await sen(['run', '--plugins', plugins, '--policy', policy, 'it'], options)
    expect(code).toBe(77)
    expect((await recorded()).map(({ type }) => type)).toEqual(['requested', 'denied'])
  })

  test('has what sen repl does, also after a reload', async () => {
    const { plugins, options, recorded } = await user()
    const repl = ['repl', '--plugins', plugins, '--trust-command=it']
    expect(await sen(repl, { ...options, input: 'it\nreload\nit\n' })).toMatchObject({ code: 0 })
    const types = (await recorded()).map(({ type }) => type)
    expect(types).toEqual(['granted', 'used', 'granted', 'used'])
  })

  test("is the user's alone, and is not begun for a plugin that asks for nothing", async () => {
    const { plugins, home, options } = await user()
    expect((await sen(['run', ...(await having('hello')), 'hello'], options)).code).toBe(0)
    expect(await readdir(home)).toEqual([])
    expect((await sen(['run', '--plugins', plugins, '--trust-command=it', 'it'], options)).code).toBe(0)
    vi.stubEnv('HOME', home)
    vi.stubEnv('XDG_STATE_HOME', home)
    const { mode } = await stat(defaultAuditPath())
    vi.unstubAllEnvs()
    expect(mode & 0o777).toBe(0o600)
  })

  test('stops nothing where it cannot be written, which is said once', async () => {
    const { plugins, home } = await user()
    // Where a directory has to be made.
    await writeFile(join(home, 'file'), '')
    const nowhere = join(home, 'file', 'home')
    const env = { HOME: nowhere, XDG_STATE_HOME: nowhere }
    const repl = ['repl', '--plugins', plugins, '--trust-command=it']
    const { code, stdout, stderr } = await sen(repl, { env, input: 'it\nreload\nit\n' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ok\nok\n' })
    expect(stderr.match(/ENOTDIR/g)).toHaveLength(1)
  })
})

describe('a moment', () => {
  const now = Date.parse('2026-03-10T12:00:00Z')

  test.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T12:30Z', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01T12:30:15.5+02:00', '2026-03-01T10:30:15.500Z'],
    ['90s', '2026-03-10T11:58:30.000Z'],
    ['15m', '2026-03-10T11:45:00.000Z'],
    ['1.5h', '2026-03-10T10:30:00.000Z'],
    ['7d', '2026-03-03T12:00:00.000Z'],
  ])('%s is %s', (text, iso) => expect(parseMoment(text, now)?.toISOString()).toBe(iso))

  test.each([
    '',
    'yesterday',
    '2026',
    '15',
    '2026-13-01',
    '2026-02-30T',
    '-1h',
    '1w',
    'constructor',
    '1e9d',
    '999999999999d',
  ])('%j is none', text => expect(parseMoment(text, now)).toBeUndefined())
})
