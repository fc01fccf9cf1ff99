import { execFile } from 'node:child_process'
import { chmod, chown, link, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import {
  FilePermissionStore,
  MemoryPermissionStore,
  type PermissionStore,
  PluginRegistry,
  ReadOnlyPermissionStore,
  RecordingPermissionPrompt,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fault, faultSync, rejection } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { pipe } from '../system.js'
import { asking, full } from './asking.js'
import { aGrant, digest } from './grants.js'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../programs/grant.mjs', import.meta.url))

const stores: readonly (readonly [string, () => Promise<PermissionStore>])[] = [
  ['memory', async () => new MemoryPermissionStore()],
  ['a file', async () => new FilePermissionStore(join(await temporaryDirectory(), 'permissions.json'))],
]

describe.each(stores)('a store in %s', (_, open) => {
  test('finds what was put into it, by command', async () => {
    const store = await open()
    await store.put(aGrant('a'))
    await store.put(aGrant('b', { path: '/b.wasm', expiresAt: '2999-01-01T00:00:00.000Z' }))
    expect(await store.find('b')).toEqual([
      aGrant('b', { path: '/b.wasm', expiresAt: '2999-01-01T00:00:00.000Z' }),
    ])
    expect(await store.list()).toHaveLength(2)
    expect(await store.find('c')).toEqual([])
  })

  test.each(['__proto__', 'constructor', 'toString'])('knows %s as a name like any other', async name => {
    const store = await open()
    expect(await store.find(name)).toEqual([])
    await store.put(aGrant(name))
    expect(await store.find(name)).toEqual([aGrant(name)])
  })

  test('has one grant for the same code, and for a file’s command', async () => {
    const store = await open()
    await store.put(aGrant('a', { path: '/a.wasm' }))
    await store.put(aGrant('a', { path: '/a.wasm', grantedAt: '2026-01-02T00:00:00.000Z' }))
    expect(await store.list()).toHaveLength(1)
    await store.put(aGrant('a', { path: '/a.wasm', digest: digest('c') }))
    expect((await store.list()).map(({ digest }) => digest)).toEqual([digest('c')])
    await store.put(aGrant('a', { path: '/other.wasm' }))
    await store.put(aGrant('a', { digest: digest('d') }))
    expect(await store.list()).toHaveLength(3)
  })

  test('revokes one grant, or all', async () => {
    const store = await open()
    for (const name of ['a', 'b', 'c']) await store.put(aGrant(name))
    expect(await store.remove(aGrant('b'))).toBe(true)
    expect(await store.remove(aGrant('b'))).toBe(false)
    expect((await store.list()).map(({ command }) => command)).toEqual(['a', 'c'])
    expect(await store.clear()).toBe(2)
    expect(await store.list()).toEqual([])
  })

  test('says when it was changed', async () => {
    const store = await open()
    const before = store.revision
    await store.put(aGrant('a'))
    expect(store.revision).not.toBe(before)
  })

  test.each([
    ['nothing', undefined],
    ['no command', { ...aGrant('a'), command: '' }],
    ['no digest', { ...aGrant('a'), digest: 'blake3:x' }],
    ['too wide a variable', { ...aGrant('a'), granted: { envRead: ['*'] } }],
    ['a date that is none', { ...aGrant('a'), expiresAt: 'tomorrow' }],
    ['a key that is not known', { ...aGrant('a'), grant: 1 }],
  ])('takes nothing that is no grant: %s', async (_, grant) => {
    const store = await open()
    await fault('ERR_INVALID_ARG', (async () => store.put(grant as never))())
    expect(await store.list()).toEqual([])
  })
})

describe('a read-only store', () => {
  test('has the grants of another, and changes none of them', async () => {
    const inner = new MemoryPermissionStore()
    inner.put(aGrant('a'))
    const store = new ReadOnlyPermissionStore(inner)
    expect(await store.find('a')).toEqual([aGrant('a')])
    expect(await store.list()).toEqual([aGrant('a')])
    for (const work of [store.put(), store.remove(), store.clear()])
      await fault('ERR_PERMISSION_DENIED', work)
    expect(inner.list()).toEqual([aGrant('a')])
  })
})

describe('a store in a file', () => {
  test('is where it was told to be, by path or URL, and nothing is made before something is put', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'deep', 'er', 'permissions.json')
    expect(new FilePermissionStore(pathToFileURL(path)).path).toBe(path)
    const store = new FilePermissionStore(path)
    expect(store.list()).toEqual([])
    expect(await rejection(stat(join(directory, 'deep')))).toMatchObject({ code: 'ENOENT' })
  })

  test('is private: nobody else reads or writes it', async () => {
    const path = join(await temporaryDirectory(), 'app', 'permissions.json')
    await new FilePermissionStore(path).put(aGrant('a'))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700)
  })

  test('is a versioned document, without grants that have ended', async () => {
    const path = join(await temporaryDirectory(), 'permissions.json')
    const store = new FilePermissionStore(path)
    await store.put(aGrant('old', { expiresAt: '2020-01-01T00:00:00.000Z' }))
    await store.put(aGrant('a'))
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ version: 1, grants: [aGrant('a')] })
  })

  test('loses nothing that several processes write at once', async () => {
    const path = join(await temporaryDirectory(), 'permissions.json')
    const names = ['a', 'b', 'c', 'd']
    const store = new FilePermissionStore(path)
    await Promise.all([
      ...names.map(name => run(process.execPath, [program, path, name, '10'])),
      ...Array.from({ length: 10 }, (_, index) => store.put(aGrant(`here-${index}`))),
    ])
    const expected = [...names, 'here'].flatMap(name =>
      Array.from({ length: 10 }, (_, index) => `${name}-${index}`),
    )
    expect(
      store
        .list()
        .map(({ command }) => command)
        .sort(),
    ).toEqual(expected.sort())
  })

  test('is not left locked by a process that was killed', async () => {
    const path = join(await temporaryDirectory(), 'permissions.json')
    const store = new FilePermissionStore(path)
    await store.put(aGrant('a'))
    const killed = execFile(process.execPath, [program, path, 'b', '1000000'])
    onTestFinished(() => void killed.kill('SIGKILL'))
    const ended = new Promise(resolve => killed.once('close', resolve))
    while (!store.list().some(({ command }) => command.startsWith('b'))) await store.put(aGrant('a'))
    killed.kill('SIGKILL')
    await ended
    await store.put(aGrant('after'))
    expect(store.find('after')).toHaveLength(1)
  })
})

test('a file of grants does not become larger than is read of one', async () => {
  const path = join(await temporaryDirectory(), 'permissions.json')
  const store = new FilePermissionStore(path)
  await store.put(aGrant('small'))
  const patterns = Array.from({ length: 250 }, (_, index) => `./${'x/'.repeat(2_000)}${index}`)
  const large = full({ fsRead: patterns.map(pattern => ({ pattern, recursive: false })) }) as never
  const error = await fault(
    'ERR_PERMISSION_DENIED',
    store.put(aGrant('large', { requested: large, granted: large })),
  )
  expect(error.details.reason).toBe('store')
  expect(error.message).toContain(path)
  expect(store.list()).toMatchObject([{ command: 'small' }])
  await store.put(aGrant('other'))
  expect(await store.remove(aGrant('small'))).toBe(true)
  expect(store.list()).toMatchObject([{ command: 'other' }])
})

/** A store that has a grant, in the hands of somebody who means no good. */
const hostile: readonly (readonly [string, (path: string) => Promise<void>])[] = [
  ['that is cut short', async path => writeFile(path, (await readFile(path, 'utf8')).slice(0, 100))],
  ['that is empty', path => writeFile(path, '')],
  ['that is not JSON', path => writeFile(path, 'grants: all')],
  ['that has a comment', async path => writeFile(path, `// ${await readFile(path, 'utf8')}`)],
  ['that is nested too deeply', path => writeFile(path, '['.repeat(500_000))],
  ['of another version', async path => edit(path, '"version": 1', '"version": 2')],
  ['with a key that is not known', async path => edit(path, '"version": 1', '"version": 1, "all": true')],
  ['with a grant that is none', async path => edit(path, '"fsRead"', '"fsReed"')],
  ['with a pattern that is too wide', async path => edit(path, '"envRead": []', '"envRead": ["*"]')],
  ['of more than a mebibyte', path => writeFile(path, ' '.repeat(2 ** 20 + 1))],
  ['that everybody may write', path => chmod(path, 0o602)],
  ['that the group may write', path => chmod(path, 0o620)],
  [
    'that is a symbolic link',
    async path => {
      await rename(path, `${path}.elsewhere`)
      await symlink(`${path}.elsewhere`, path)
    },
  ],
  ['that has a second name', path => link(path, `${path}.second`)],
  [
    'that is a pipe',
    async path => {
      await rename(path, `${path}.elsewhere`)
      await pipe(path)
    },
  ],
  [
    'that is a directory',
    async path => {
      await rename(path, `${path}.elsewhere`)
      await mkdir(path)
    },
  ],
  ['in a directory that everybody may write to', path => chmod(join(path, '..'), 0o777)],
]

async function edit(path: string, text: string, other: string): Promise<void> {
  const before = await readFile(path, 'utf8')
  expect(before).toContain(text)
  await writeFile(path, before.replace(text, other))
}

describe('a store in a file is refused rather than read as a grant, and not written over', () => {
  test.each(hostile)('%s', async (_, spoil) => {
    const path = join(await temporaryDirectory(), 'permissions.json')
    const module = await asking('it', { fsRead: [{ pattern: './data' }] })
    const permissions = (answers: ConstructorParameters<typeof RecordingPermissionPrompt>[0]) => ({
      store: new FilePermissionStore(path),
      prompt: new RecordingPermissionPrompt(answers),
    })
    const first = new PluginRegistry({ permissions: permissions([{ type: 'grant', duration: 'always' }]) })
    await first.loadPlugin(module)
    await first.execute('it')
    const again = permissions([])
    const second = new PluginRegistry({ permissions: again })
    await second.loadPlugin(module)
    await second.execute('it')

    await spoil(path)
    const before = await readable(path)
    const third = permissions([{ type: 'grant', duration: 'always' }])
    const registry = new PluginRegistry({ permissions: third })
    await registry.loadPlugin(module)
    const { details } = await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(details).toMatchObject({ command: 'it', reason: 'store' })
    faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
    expect(third.prompt.questions).toEqual([])
    faultSync('ERR_PERMISSION_DENIED', () => third.store.list())
    await fault('ERR_PERMISSION_DENIED', third.store.put(aGrant('b')))
    await fault('ERR_PERMISSION_DENIED', third.store.remove(aGrant('b')))
    expect(await readable(path)).toEqual(before)
  })

  test('that belongs to somebody else', async () => {
    // Whoever is not root cannot give a file away, but finds files of root's.
    let path = '/etc/passwd'
    if (process.geteuid?.() === 0) {
      path = join(await temporaryDirectory(), 'permissions.json')
      await new FilePermissionStore(path).put(aGrant('a'))
      await chown(path, 65_534, 65_534)
    }
    const { details } = faultSync('ERR_PERMISSION_DENIED', () => new FilePermissionStore(path).list())
    expect(details.reason).toBe('store')
  })

  test('until it is cleared, which is asked for', async () => {
    const path = join(await temporaryDirectory(), 'permissions.json')
    await writeFile(path, 'damaged')
    const store = new FilePermissionStore(path)
    expect(await store.clear()).toBe(0)
    await store.put(aGrant('a'))
    expect(store.list()).toHaveLength(1)
  })
})

/** What is in a file, if it is one that can be read without waiting. */
async function readable(path: string): Promise<string | undefined> {
  return (await stat(path)).isFile() ? await readFile(path, 'utf8') : undefined
}
