import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defaultAuditPath, FileAuditSink, type FileAuditSinkOptions } from 'sen-plugin-host'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { faultSync, thrown } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { pipe, runProgram } from '../system.js'
import { entriesOf, event, eventsOf, linesOf, numbered, numberOf } from './events.js'

/** A file in a directory of its own, and a sink for it. */
async function sinkIn(
  options?: FileAuditSinkOptions,
  ...below: readonly string[]
): Promise<{ path: string; sink: FileAuditSink }> {
  const path = join(await temporaryDirectory(), ...below, 'audit.jsonl')
  return { path, sink: sinkFor(path, options) }
}

function sinkFor(path: string, options?: FileAuditSinkOptions): FileAuditSink {
  const sink = new FileAuditSink(path, options)
  onTestFinished(() => sink.close())
  return sink
}

async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

describe('a file of events', () => {
  test('has one line of JSON each, in their order, after those that were there', async () => {
    const { path, sink } = await sinkIn()
    for (let number = 0; number < 3; number += 1) sink.record(numbered(number))
    sink.close()
    const again = sinkFor(path)
    for (let number = 3; number < 5; number += 1) again.record(numbered(number))
    expect((await linesOf(path)).map(line => JSON.parse(line))).toEqual([0, 1, 2, 3, 4].map(n => numbered(n)))
  })

  test('is the user’s alone, and so is the directory that is made for it', async () => {
    const { path, sink } = await sinkIn({}, 'a', 'b')
    sink.record(event())
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700)
    expect((await stat(dirname(dirname(path)))).mode & 0o777).toBe(0o700)
  })

  test('is not touched before the first event', async () => {
    const { path, sink } = await sinkIn({}, 'a')
    sink.close()
    expect(await namesIn(dirname(dirname(path)))).toEqual([])
  })

  test('may be named by a file: URL, or by a path from here', async () => {
    const { path } = await sinkIn()
    expect(sinkFor(pathToFileURL(path) as unknown as string).path).toBe(path)
    expect(sinkFor('audit.jsonl').path).toBe(join(process.cwd(), 'audit.jsonl'))
  })

  test('that is taken away is made again', async () => {
    const { path, sink } = await sinkIn()
    sink.record(numbered(0))
    await rename(path, `${path}.old`)
    sink.record(numbered(1))
    await rm(path)
    sink.record(numbered(2))
    expect((await eventsOf(path)).map(numberOf)).toEqual([2])
  })

  test('is closed by close, however often, and records nothing then', async () => {
    const { sink } = await sinkIn()
    sink.record(event())
    sink.close()
    sink.close()
    faultSync('ERR_CLOSED', () => sink.record(event()))
  })

  test('says when it cannot be written, as the system does', async () => {
    const { path } = await sinkIn()
    await writeFile(path, '')
    const sink = sinkFor(join(path, 'audit.jsonl'))
    expect(thrown(() => sink.record(event()))).toMatchObject({ code: 'ENOTDIR' })
  })
})

describe('a file that others have a hand in is refused:', () => {
  const isRoot = process.getuid?.() === 0

  test.each([
    [
      'a symbolic link',
      'symbolic-link',
      async (path: string) => {
        await writeFile(`${path}.real`, '')
        await symlink(`${path}.real`, path)
      },
    ],
    ['a link that leads nowhere', 'symbolic-link', (path: string) => symlink(`${path}.real`, path)],
    [
      'a hard link',
      'hard-link',
      async (path: string) => {
        await writeFile(`${path}.real`, '', { mode: 0o600 })
        await link(`${path}.real`, path)
      },
    ],
    ['a FIFO', 'not-a-regular-file', (path: string) => pipe(path)],
    ['a directory', 'not-a-regular-file', (path: string) => mkdir(path)],
    [
      'one that the group may write to',
      'writable-by-others',
      async (path: string) => {
        await writeFile(path, '')
        await chmod(path, 0o620)
      },
    ],
    [
      'one that anybody may write to',
      'writable-by-others',
      async (path: string) => {
        await writeFile(path, '')
        await chmod(path, 0o602)
      },
    ],
    [
      'one in a directory that anybody may write to',
      'unsafe-directory',
      (path: string) => chmod(dirname(path), 0o777),
    ],
  ] as const)('%s', async (_, reason, make) => {
    const { path, sink } = await sinkIn()
    await make(path)
    const before = await namesIn(dirname(path))
    const { details } = faultSync('ERR_UNSAFE_FILE', () => sink.record(event()))
    expect(details).toEqual({ path, reason })
    expect(await namesIn(dirname(path))).toEqual(before)
    if (before.includes('audit.jsonl.real')) expect(await readFile(`${path}.real`, 'utf8')).toBe('')
  })

  test('a device', () => {
    const { details } = faultSync('ERR_UNSAFE_FILE', () => sinkFor('/dev/full').record(event()))
    expect(details).toEqual({ path: '/dev/full', reason: 'not-a-regular-file' })
  })

  test("another user's", async () => {
    let path = '/etc/passwd'
    if (isRoot) {
      path = (await sinkIn()).path
      await writeFile(path, '')
      await chown(path, 12_345, 12_345)
    }
    const { details } = faultSync('ERR_UNSAFE_FILE', () => sinkFor(path).record(event()))
    expect(details).toEqual({ path, reason: 'foreign-owner' })
  })

  test('also when it comes in the place of one that was used', async () => {
    const { path, sink } = await sinkIn()
    sink.record(numbered(0))
    await rename(path, `${path}.real`)
    await symlink(`${path}.real`, path)
    expect(faultSync('ERR_UNSAFE_FILE', () => sink.record(numbered(1))).details.reason).toBe('symbolic-link')
    await rm(path)
    sink.record(numbered(2))
    expect((await eventsOf(path)).map(numberOf)).toEqual([2])
    expect((await eventsOf(`${path}.real`)).map(numberOf)).toEqual([0])
  })

  test('but not one that others may only read', async () => {
    const { path, sink } = await sinkIn()
    await writeFile(path, '')
    await chmod(path, 0o644)
    await chmod(dirname(path), 0o755)
    sink.record(event())
    expect(await eventsOf(path)).toHaveLength(1)
  })
})

describe('a file that is full', () => {
  test('gets a number, and the oldest go', async () => {
    const { path, sink } = await sinkIn({ maxBytes: 1024, maxFiles: 3 })
    for (let number = 0; number < 100; number += 1) sink.record(numbered(number))
    const names = await namesIn(dirname(path))
    expect(names).toEqual(['audit.jsonl', expect.any(String), expect.any(String)])
    for (const name of names) expect((await stat(join(dirname(path), name))).size).toBeLessThanOrEqual(1024)
    const left = (await eventsOf(path)).map(numberOf)
    expect(left).toEqual(Array.from({ length: left.length }, (_, index) => 100 - left.length + index))
    expect((await lstat(join(dirname(path), names[1] ?? ''))).mode & 0o777).toBe(0o600)
  })

  test('is the only one, if only one is to be kept', async () => {
    const { path, sink } = await sinkIn({ maxBytes: 1024, maxFiles: 1 })
    for (let number = 0; number < 100; number += 1) sink.record(numbered(number))
    expect(await namesIn(dirname(path))).toEqual(['audit.jsonl'])
    expect((await eventsOf(path)).map(numberOf).at(-1)).toBe(99)
  })

  test('was so before: it is not written to any more', async () => {
    const { path, sink } = await sinkIn({ maxBytes: 1024 })
    const full = event({ details: { number: 0, text: 'x'.repeat(1000) } })
    await writeFile(path, `${JSON.stringify(full)}\n`, { mode: 0o600 })
    sink.record(numbered(1))
    expect((await eventsOf(path)).map(numberOf)).toEqual([0, 1])
    expect(await namesIn(dirname(path))).toEqual(['audit.jsonl', 'audit.jsonl.1'])
  })

  test('is larger where a record is', async () => {
    const { path, sink } = await sinkIn({ maxBytes: 1024 })
    const large = event({ details: { text: 'x'.repeat(3000) } })
    for (let time = 0; time < 3; time += 1) sink.record(large)
    expect(await eventsOf(path)).toEqual([large, large, large])
    expect(await namesIn(dirname(path))).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2'])
  })

  test('goes on while another process is about to begin the next, and not for ever', async () => {
    const { path, sink } = await sinkIn({ maxBytes: 1024 })
    await writeFile(`${path}.1`, '')
    for (let number = 0; number < 20; number += 1) sink.record(numbered(number))
    expect(await namesIn(dirname(path))).toEqual(['audit.jsonl', 'audit.jsonl.1'])
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(`${path}.1`, longAgo, longAgo)
    sink.record(numbered(20))
    expect(await namesIn(dirname(path))).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2'])
    expect((await eventsOf(path)).map(numberOf)).toEqual(Array.from({ length: 21 }, (_, index) => index))
  })

  test('leaves alone what only looks like one that was full', async () => {
    const { path, sink } = await sinkIn({ maxBytes: 1024, maxFiles: 2 })
    const others = ['audit.jsonl.01', 'audit.jsonl.bak', 'audit.jsonl.1.gz', 'audit.jsonl.', 'other.jsonl.1']
    for (const name of others) await writeFile(join(dirname(path), name), 'mine')
    await mkdir(`${path}.3`)
    for (let number = 0; number < 50; number += 1) sink.record(numbered(number))
    for (const name of others) expect(await readFile(join(dirname(path), name), 'utf8')).toBe('mine')
    const names = (await namesIn(dirname(path))).filter(name => !others.includes(name))
    expect(names).toEqual([
      'audit.jsonl',
      'audit.jsonl.3',
      expect.stringMatching(/^audit\.jsonl\.([4-9]|\d\d)$/),
    ])
  })
})

describe('several processes', () => {
  test('write to one file: no record is lost, split, or before one that came earlier', async () => {
    const { path } = await sinkIn()
    const writers = ['a', 'b', 'c', 'd']
    const options = JSON.stringify({ maxBytes: 16_384, maxFiles: 1000 })
    const ends = await Promise.all(
      writers.map(name => runProgram('record-audit.mjs', [path, name, '500', options])),
    )
    expect(ends.map(({ code, stdout, stderr }) => ({ code, stdout, stderr }))).toEqual(
      writers.map(() => ({ code: 0, stdout: '', stderr: '' })),
    )
    expect((await namesIn(dirname(path))).length).toBeGreaterThan(5)
    const events = await eventsOf(path)
    for (const name of writers) {
      const own = events.filter(({ command }) => command === name).map(numberOf)
      expect(own).toEqual(Array.from({ length: 500 }, (_, index) => index))
    }
  })

  test.each([['exit'], ['kill']])('record before they end at once (%s)', async end => {
    const { path } = await sinkIn()
    await runProgram('record-audit.mjs', [path, 'a', '10', '{}', end])
    expect((await eventsOf(path)).map(numberOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('of which one has no room left for all of a record cost nobody else theirs', async () => {
    const { path, sink } = await sinkIn()
    // Eight blocks of 512 bytes.
    const { stdout } = await runProgram('record-audit.mjs', [path, 'a', '1000'], {
      within: ['sh', '-c', 'ulimit -f 8 && exec "$@"', 'sh'],
    })
    const { recorded, ...error } = JSON.parse(stdout)
    expect(error).toEqual({ code: 'EFBIG', path })
    expect((await stat(path)).size).toBe(4096)
    sink.record(numbered(-1, 'b'))
    const entries = await entriesOf(path)
    expect(entries.map(({ type }) => type)).toEqual([
      ...Array.from({ length: recorded }, () => 'record'),
      'invalid',
      'record',
    ])
    expect(entries.at(-2)).toMatchObject({ path, line: recorded + 1 })
    expect(entries.at(-1)).toEqual({ type: 'record', event: numbered(-1, 'b') })
  })
})

describe('options', () => {
  test.each([
    ['maxBytes', 1023],
    ['maxBytes', '10MiB'],
    ['maxFiles', 0],
    ['maxFiles', 10_001],
    ['required', 'yes'],
    ['maxbytes', 4096],
  ])('%s: %j is refused', (name, value) => {
    expect(faultSync('ERR_INVALID_ARG', () => sinkFor('x', { [name]: value })).details).toEqual({ name })
  })

  test.each([1, null, '\0', new URL('http://example.test/')])('the path %j is refused', path => {
    expect(faultSync('ERR_INVALID_ARG', () => new FileAuditSink(path as string)).details).toEqual({
      name: 'path',
    })
  })

  test('a sink is required if that is asked for', () => {
    expect(sinkFor('x').required).toBe(false)
    expect(sinkFor('x', { required: true }).required).toBe(true)
  })
})

describe('the default file', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test("is in the user's directory for the logs of a program", () => {
    vi.stubEnv('XDG_STATE_HOME', '/state')
    expect(defaultAuditPath('my-app')).toBe('/state/my-app/audit.jsonl')
    expect(new FileAuditSink().path).toBe('/state/sen/audit.jsonl')
  })

  test('is below the home directory where XDG_STATE_HOME is not set, empty or relative', () => {
    for (const value of [undefined, '', 'state', './state', '../state']) {
      vi.stubEnv('XDG_STATE_HOME', value)
      expect(defaultAuditPath('my-app')).toBe(join(homedir(), '.local', 'state', 'my-app', 'audit.jsonl'))
    }
  })

  test.each(['', '..', 'a/b', 'a\0', null, 1])('is refused for the program %j', app => {
    expect(faultSync('ERR_INVALID_ARG', () => defaultAuditPath(app as string)).details).toEqual({
      name: 'app',
    })
  })
})
