import { mkdir, readFile, realpath, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CapabilitiesInput,
  FilePermissionStore,
  MemoryPermissionStore,
  type PermissionAnswer,
  type PermissionGrant,
  type PermissionQuestion,
  type PermissionStore,
  PluginRegistry,
  RecordingPermissionPrompt,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { fault, faultSync } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { reading } from '../wasi/guest.js'
import { asking, askingFile } from './asking.js'
import { aGrant } from './grants.js'

const here = { fsRead: [{ pattern: './data', recursive: false }] }
const atHome = { fsRead: [{ pattern: '~/data', recursive: false }] }
const anywhere = { fsRead: [{ pattern: '/srv/data', recursive: false }] }
const always: PermissionAnswer = { type: 'grant', duration: 'always' }
const session: PermissionAnswer = { type: 'grant', duration: 'session' }

/** A registry whose plugins run in a directory, and what it asked. */
async function registryIn(
  workingDirectory: string | undefined,
  store: PermissionStore,
  module: Uint8Array | string,
  answers: readonly PermissionAnswer[] = [],
) {
  const prompt = new RecordingPermissionPrompt(answers)
  const registry = new PluginRegistry({
    permissions: { store, prompt },
    wasi: workingDirectory === undefined ? {} : { workingDirectory },
  })
  onTestFinished(() => registry.close())
  await registry.loadPlugin(module)
  return { registry, questions: prompt.questions }
}

/** Runs a plugin where it was granted something before, or was not: what was asked. */
async function run(
  workingDirectory: string | undefined,
  store: PermissionStore,
  module: Uint8Array | string,
  answers: readonly PermissionAnswer[] = [],
): Promise<readonly PermissionQuestion[]> {
  const { registry, questions } = await registryIn(workingDirectory, store, module, answers)
  expect(await registry.execute('it')).toMatchObject({ type: 'success', output: 'ok' })
  expect(registry.executeSync('it')).toMatchObject({ type: 'success', output: 'ok' })
  return questions
}

async function places(): Promise<readonly [string, string]> {
  return [await realpath(await temporaryDirectory()), await realpath(await temporaryDirectory())]
}

/** Goes to a directory until the test is over. */
function goTo(directory: string): void {
  const before = process.cwd()
  process.chdir(directory)
  onTestFinished(() => process.chdir(before))
}

describe('what is always allowed by a relative path', () => {
  test('is allowed where it was approved, and asked about elsewhere, which says so', async () => {
    const [one, other] = await places()
    const store = new MemoryPermissionStore()
    const module = await asking('it', here)
    const [first] = await run(one, store, module, [always])
    expect(first).not.toHaveProperty('elsewhere')
    expect(await run(one, store, module)).toEqual([])

    const elsewhere = await registryIn(other, store, module)
    expect(
      faultSync('ERR_PERMISSION_DENIED', () => elsewhere.registry.executeSync('it')).details.reason,
    ).toBe('not-sync')
    await fault('ERR_PERMISSION_DENIED', elsewhere.registry.execute('it'))
    expect(elsewhere.questions).toMatchObject([
      { workingDirectory: other, elsewhere: { workingDirectory: one } },
    ])
    await run(other, store, module, [always])
    for (const place of [one, other]) expect(await run(place, store, module)).toEqual([])
    expect(store.list()).toMatchObject([{ workingDirectory: one }, { workingDirectory: other }])
  })

  test('is revoked for one place, and stays in others', async () => {
    const [one, other] = await places()
    const store = new FilePermissionStore(join(await temporaryDirectory(), 'permissions.json'))
    const module = await asking('it', here)
    for (const place of [one, other]) await run(place, store, module, [always])
    const [grant] = store.list()
    expect(await store.remove(grant as PermissionGrant)).toBe(true)
    expect(await run(other, store, module)).toEqual([])
    expect(await run(one, store, module, [session])).toMatchObject([
      { elsewhere: { workingDirectory: other } },
    ])
  })

  test('is allowed by any name that the directory has, and not in one that took its name', async () => {
    const [one, other] = await places()
    await mkdir(join(one, 'project'))
    await symlink(join(one, 'project'), join(other, 'link'))
    const store = new MemoryPermissionStore()
    const module = await asking('it', here)
    await run(join(other, 'link'), store, module, [always])
    expect(store.list()).toMatchObject([{ workingDirectory: join(one, 'project') }])
    expect(await run(join(one, 'project'), store, module)).toEqual([])
    await rename(join(other, 'link'), join(other, 'before'))
    await mkdir(join(other, 'link'))
    expect(await run(join(other, 'link'), store, module, [session])).toHaveLength(1)
  })

  test('is allowed below another home directory no more than elsewhere', async () => {
    const [one, other] = await places()
    const store = new MemoryPermissionStore()
    const module = await asking('it', atHome)
    vi.stubEnv('HOME', one)
    onTestFinished(() => void vi.unstubAllEnvs())
    await run('/', store, module, [always])
    expect(await run(other, store, module)).toEqual([])
    expect(store.list()).toMatchObject([{ home: one }])
    expect(store.list()[0]).not.toHaveProperty('workingDirectory')
    vi.stubEnv('HOME', other)
    expect(await run('/', store, module, [session])).toMatchObject([{ elsewhere: { home: one } }])
  })

  test('holds for a session where it was approved as well', async () => {
    const [one, other] = await places()
    const module = await asking('it', here)
    goTo(one)
    const { registry, questions } = await registryIn(undefined, new MemoryPermissionStore(), module, [
      session,
      session,
    ])
    for (const place of [one, one, other, other, one, other]) {
      process.chdir(place)
      expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
      expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
    }
    expect(questions.map(({ workingDirectory }) => workingDirectory)).toEqual([one, other])
  })

  test('is kept by new code in the same file there, and nowhere else', async () => {
    const [one, other] = await places()
    const store = new MemoryPermissionStore()
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', here)
    for (const place of [one, other]) await run(place, store, path, [always])
    await askingFile(directory, 'it', here, { version: 1 })
    expect(await run(one, store, path)).toEqual([])
    expect(store.list()).toHaveLength(2)
    const third = await realpath(await temporaryDirectory())
    expect(await run(third, store, path, [session])).toHaveLength(1)
    expect(await run(other, store, path)).toEqual([])
    expect(new Set(store.list().map(({ digest }) => digest)).size).toBe(1)
  })
})

test('what is always allowed by an absolute path is allowed everywhere', async () => {
  const store = new MemoryPermissionStore()
  const module = await asking('it', anywhere)
  const [one, other] = await places()
  await run(one, store, module, [always])
  expect(await run(other, store, module)).toEqual([])
  expect(Object.keys(store.list()[0] ?? {})).not.toContain('workingDirectory')
})

describe('a grant that was written down before places were', () => {
  test.each<[string, CapabilitiesInput, number]>([
    ['of a relative path holds nowhere, and is replaced', here, 1],
    ['of a path in the home directory does neither', atHome, 1],
    ['of an absolute path holds everywhere', anywhere, 0],
  ])('%s', async (_, capabilities, count) => {
    const path = join(await temporaryDirectory(), 'permissions.json')
    const store = new FilePermissionStore(path)
    const module = await asking('it', capabilities)
    const [one] = await places()
    await run(one, store, module, [always])
    const document = JSON.parse(await readFile(path, 'utf8'))
    for (const grant of document.grants) {
      delete grant.workingDirectory
      delete grant.home
    }
    await writeFile(path, JSON.stringify(document))
    const asked = await run(one, new FilePermissionStore(path), module, [always])
    expect(asked).toHaveLength(count)
    for (const question of asked) expect(question).not.toHaveProperty('elsewhere')
    expect(store.list()).toHaveLength(1)
    expect(await run(one, store, module)).toEqual([])
  })
})

test.each(['workingDirectory', 'home'])('a place that is no absolute path is refused: %s', async key => {
  const store = new MemoryPermissionStore()
  const { details } = faultSync('ERR_INVALID_ARG', () => store.put(aGrant('a', { [key]: './here' })))
  expect(details.name).toBe(key)
})

describe('a program that moves', () => {
  /** A directory with something to be read in it. */
  async function holding(text: string): Promise<string> {
    const directory = await realpath(await temporaryDirectory())
    await mkdir(join(directory, 'data'))
    await writeFile(join(directory, 'data/file'), text)
    return directory
  }

  test('while somebody is asked about one directory does not get another', async () => {
    const [one, other] = [await holding('one'), await holding('other')]
    goTo(one)
    const asked: string[] = []
    const prompt = {
      ask: async ({ workingDirectory }: PermissionQuestion): Promise<PermissionAnswer> => {
        asked.push(workingDirectory)
        process.chdir(other)
        return workingDirectory === one ? always : { type: 'deny' }
      },
    }
    const store = new MemoryPermissionStore()
    const registry = new PluginRegistry({ permissions: { store, prompt } })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(await reading('it', here))
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(asked).toEqual([one, other])
    expect(store.list()).toMatchObject([{ workingDirectory: one }])
    process.chdir(one)
    expect(await registry.execute('it')).toMatchObject({ output: 'one' })
  })

  test('has two executions in two directories asked about twice', async () => {
    const [one, other] = [await holding('one'), await holding('other')]
    goTo(one)
    const asked: { readonly where: string; readonly answer: (answer: PermissionAnswer) => void }[] = []
    let tell = () => {}
    const prompt = {
      ask: ({ workingDirectory }: PermissionQuestion) =>
        new Promise<PermissionAnswer>(answer => {
          asked.push({ where: workingDirectory, answer })
          tell()
        }),
    }
    const registry = new PluginRegistry({ permissions: { prompt } })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(await asking('it', here))
    const first = registry.execute('it')
    process.chdir(other)
    const second = registry.execute('it')
    const refused = fault('ERR_PERMISSION_DENIED', second)
    while (asked.length < 1) await new Promise<void>(resolve => (tell = resolve))
    // Back where the first one was, as what was decided holds there.
    process.chdir(one)
    asked[0]?.answer(session)
    expect(await first).toMatchObject({ output: 'ok' })
    while (asked.length < 2) await new Promise<void>(resolve => (tell = resolve))
    process.chdir(other)
    asked[1]?.answer({ type: 'deny' })
    await refused
    expect(asked.map(({ where }) => where)).toEqual([one, other])
  })
})
