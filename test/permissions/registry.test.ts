import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import {
  type AuditEvent,
  AutomaticPermissionPrompt,
  type Capabilities,
  DefaultPermissionStrategy,
  FilePermissionStore,
  MemoryPermissionStore,
  type PermissionAnswer,
  type PermissionNotice,
  type PermissionOptions,
  PermissionPresets,
  type PermissionQuestion,
  type PermissionStore,
  type PermissionStrategy,
  PluginLoader,
  PluginRegistry,
  ReadOnlyPermissionStore,
  RecordingPermissionPrompt,
  StrictPermissionStrategy,
  TrustAllPermissionStrategy,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { follow, meanwhile } from '../calls.js'
import { fault, faultSync, rejection } from '../fault.js'
import { guest, temporaryDirectory } from '../guest.js'
import { asking, askingFile, full } from './asking.js'

const read = { fsRead: [{ pattern: './data', recursive: false }] }
const write = { fsWrite: [{ pattern: './data', recursive: false }] }
const net = { net: [{ host: 'example.test', protocol: 'https' as const }] }
const always: PermissionAnswer = { type: 'grant', duration: 'always' }
const session: PermissionAnswer = { type: 'grant', duration: 'session' }
const once: PermissionAnswer = { type: 'grant', duration: 'once' }

/** A registry, what it asked, and what it told its audit. */
function registryWith(options: PermissionOptions, answers: readonly PermissionAnswer[] = []) {
  const prompt = new RecordingPermissionPrompt(answers)
  const events: AuditEvent[] = []
  const notices: PermissionNotice[] = []
  const registry = new PluginRegistry({
    permissions: {
      prompt,
      audit: { record: event => void events.push(event) },
      onNotice: notice => void notices.push(notice),
      ...options,
    },
  })
  onTestFinished(() => registry.close())
  const used = () =>
    events.filter(({ type }) => type === 'used').map(({ details }) => details?.capabilities as unknown)
  return { registry, prompt, events, notices, used, types: () => events.map(({ type }) => type) }
}

/** A prompt whose answers come when the test says so. */
function patient() {
  const asked: {
    question: PermissionQuestion
    signal: AbortSignal
    answer: (answer: PermissionAnswer) => void
  }[] = []
  let tell = () => {}
  return {
    asked,
    prompt: {
      ask: (question: PermissionQuestion, signal: AbortSignal) =>
        new Promise<PermissionAnswer>(answer => {
          asked.push({ question, signal, answer })
          tell()
        }),
    },
    /** Waits until so many questions have been asked. */
    async until(count: number): Promise<void> {
      while (asked.length < count) await new Promise<void>(resolve => (tell = resolve))
    },
  }
}

describe('a registry without permissions', () => {
  test('refuses what asks for anything, and says which preset to use', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await asking('it', read))
    const error = await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(error.details).toEqual({ command: 'it', reason: 'unconfigured', capabilities: full(read) })
    expect(error.message).toContain('PermissionPresets.interactive')
    expect(faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it')).details.reason).toBe(
      'unconfigured',
    )
  })
})

describe('a plugin that asks for nothing', () => {
  test('runs under the strictest permissions, and nobody is asked or told', async () => {
    const { registry, prompt, types } = registryWith({ strategy: new StrictPermissionStrategy() })
    await registry.loadPlugin(await guest('echo'))
    expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
    expect(registry.executeSync('echo', ['x'])).toMatchObject({ output: 'x' })
    expect(prompt.questions).toEqual([])
    expect(types()).toEqual(['loaded'])
  })
})

describe('permissions are checked like other options', () => {
  test.each([
    ['nothing known', { permission: 1 }, 'permission'],
    ['a strategy that decides nothing', { strategy: {} }, 'strategy'],
    ['a store without methods', { store: new Map() }, 'store'],
    ['a prompt that is a function', { prompt: () => {} }, 'prompt'],
    ['a sink that records nothing', { audit: {} }, 'audit'],
    ['a sink that is required, or so', { audit: { record: () => {}, required: 'yes' } }, 'required'],
    ['flags of another kind', { trustFlags: { plugin: [] } }, 'plugin'],
    ['a granularity that is not known', { granularity: 'call' }, 'granularity'],
    ['a deny list that is none', { deny: 'x' }, 'deny'],
    ['a deny list that is wrong', { deny: [{ envRead: ['*'] }] }, 'envRead'],
    ['notices for nobody', { onNotice: true }, 'onNotice'],
  ])('%s', (_, permissions, name) => {
    const error = faultSync(
      'ERR_INVALID_ARG',
      () => new PluginRegistry({ permissions: permissions as never }),
    )
    expect(error.details.name).toBe(name)
  })
})

test.each([
  ['answers', () => new RecordingPermissionPrompt(5 as never)],
  ['answers', () => new RecordingPermissionPrompt({} as never)],
  ['inner', () => new ReadOnlyPermissionStore(undefined as never)],
  ['inner', () => new ReadOnlyPermissionStore({ find: () => [] } as never)],
])('parts are made of the right things: %s (%#)', (name, make) => {
  expect(faultSync('ERR_INVALID_ARG', make).details.name).toBe(name)
})

describe('what a person answers', () => {
  test('once holds for one execution', async () => {
    const { registry, prompt, used } = registryWith({}, [once, once])
    await registry.loadPlugin(await asking('it', read))
    await registry.execute('it')
    await registry.execute('it')
    expect(prompt.questions).toHaveLength(2)
    expect(used()).toEqual([full(read), full(read)])
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('it'))).details.reason).toBe('refused')
  })

  test('this session holds as long as the registry, and is not written down', async () => {
    const store = new MemoryPermissionStore()
    const { registry, prompt } = registryWith({ store }, [session])
    await registry.loadPlugin(await asking('it', read))
    for (let count = 0; count < 3; count++) await registry.execute('it')
    registry.executeSync('it')
    expect(prompt.questions).toHaveLength(1)
    expect(store.list()).toEqual([])
  })

  test('always holds for this code in other registries, until it is revoked', async () => {
    const store = new MemoryPermissionStore()
    const module = await asking('it', read)
    const first = registryWith({ store }, [always])
    await first.registry.loadPlugin(module)
    await first.registry.execute('it')
    const [grant] = store.list()
    expect(grant).toMatchObject({ command: 'it', requested: full(read), granted: full(read) })
    expect(grant).not.toHaveProperty('expiresAt')
    const second = registryWith({ store })
    await second.registry.loadPlugin(module)
    await second.registry.execute('it')
    expect(second.registry.executeSync('it')).toMatchObject({ output: 'ok' })
    if (grant !== undefined) store.remove(grant)
    await fault('ERR_PERMISSION_DENIED', second.registry.execute('it'))
    faultSync('ERR_PERMISSION_DENIED', () => second.registry.executeSync('it'))
  })

  test('until a date holds until then', async () => {
    const store = new MemoryPermissionStore()
    const past: PermissionAnswer = { type: 'grant', duration: { until: new Date(Date.now() - 1) } }
    const future: PermissionAnswer = { type: 'grant', duration: { until: new Date('2999-01-01') } }
    const { registry, prompt } = registryWith({ store }, [past, future])
    await registry.loadPlugin(await asking('it', read))
    for (let count = 0; count < 3; count++) await registry.execute('it')
    expect(prompt.questions).toHaveLength(2)
    expect(store.list()).toMatchObject([{ expiresAt: '2999-01-01T00:00:00.000Z' }])
  })

  test('some of it is what the plugin gets, then and later', async () => {
    const store = new MemoryPermissionStore()
    const module = await asking('it', { ...read, ...write })
    const some: PermissionAnswer = { ...always, capabilities: full(read) as Capabilities }
    const { registry, used, events } = registryWith({ store }, [some])
    await registry.loadPlugin(module)
    await registry.execute('it')
    await registry.execute('it')
    expect(used()).toEqual([full(read), full(read)])
    expect(events.find(({ type }) => type === 'denied')?.details).toEqual({
      reason: 'refused',
      capabilities: full(write),
    })
    expect(store.list()).toMatchObject([{ requested: full({ ...read, ...write }), granted: full(read) }])
  })

  test('is never more than was asked', async () => {
    const greedy = full({ ...read, ...net, fsRead: [{ pattern: '/', recursive: true }, ...read.fsRead] })
    const { registry, used } = registryWith({}, [{ ...once, capabilities: greedy as Capabilities }])
    await registry.loadPlugin(await asking('it', read))
    await registry.execute('it')
    expect(used()).toEqual([full(read)])
  })

  test.each([
    ['nothing of it', { ...once, capabilities: full({}) as Capabilities }, 'refused'],
    ['no', { type: 'deny' }, 'refused'],
    ['no, for a reason', { type: 'deny', reason: 'busy', message: 'not now' }, 'busy'],
    ['nothing', undefined, 'failed'],
    ['nonsense', { type: 'perhaps' }, 'failed'],
  ])('refuses it: %s', async (_, answer, reason) => {
    const prompt = { ask: async () => answer as PermissionAnswer }
    const { registry } = registryWith({ prompt })
    await registry.loadPlugin(await asking('it', read))
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('it'))).details.reason).toBe(reason)
  })

  test('holds no longer than was offered', async () => {
    const store = new MemoryPermissionStore()
    const { registry, prompt } = registryWith({ store, granularity: 'execution' }, [always, always])
    await registry.loadPlugin(await asking('it', read))
    await registry.execute('it')
    await registry.execute('it')
    expect(prompt.questions.map(({ durations }) => durations)).toEqual([['once'], ['once']])
    expect(store.list()).toEqual([])
  })

  test('is kept for the session where it cannot be written down, which is said', async () => {
    const store = Object.assign(new MemoryPermissionStore(), {
      put: () => Promise.reject(new Error('the disk is full')),
    })
    const { registry, notices, prompt, events } = registryWith({ store }, [always])
    await registry.loadPlugin(await asking('it', read))
    await registry.execute('it')
    await registry.execute('it')
    expect(prompt.questions).toHaveLength(1)
    expect(notices).toMatchObject([{ type: 'not-remembered', command: 'it' }])
    expect(events.filter(({ type }) => type === 'granted').map(({ details }) => details)).toMatchObject([
      { duration: 'always', remembered: false },
    ])
  })

  test('refuses where nobody can be asked, or asking fails', async () => {
    const module = await asking('it', read)
    const silent = new PluginRegistry({ permissions: {} })
    await silent.loadPlugin(module)
    const { details, message } = await fault('ERR_PERMISSION_DENIED', silent.execute('it'))
    expect(details.reason).toBe('no-prompt')
    expect(message).toContain('trustFlags')
    const cause = new Error('no')
    const { registry } = registryWith({ prompt: { ask: () => Promise.reject(cause) } })
    await registry.loadPlugin(module)
    const failed = await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(failed.details.reason).toBe('failed')
    expect(failed.cause).toBe(cause)
  })

  test.each([
    ['yes', 'success'],
    ['no', 'refused'],
  ] as const)('can be given by a program: %s', async (answer, outcome) => {
    const { registry } = registryWith({ prompt: new AutomaticPermissionPrompt(answer) })
    await registry.loadPlugin(await asking('it', read))
    const result = await registry.execute('it').catch(({ details }) => ({ type: details.reason }))
    expect(result.type).toBe(outcome)
  })
})

describe('code that changes', () => {
  /** A file that was granted reading, and then holds other code. */
  async function changed(capabilities: object, answers: readonly PermissionAnswer[] = [], first = always) {
    const directory = await temporaryDirectory()
    const store = new MemoryPermissionStore()
    const path = await askingFile(directory, 'it', read)
    const made = registryWith({ store }, [first, ...answers])
    await made.registry.loadPlugin(path)
    await made.registry.execute('it')
    await askingFile(directory, 'it', capabilities, { version: 1 })
    await made.registry.reloadByPath(path)
    const digest = (await new PluginLoader().load(path)).digest
    return { ...made, store, path, digest }
  }

  test('and asks for no more keeps its grant, is bound to it, and the user hears of it', async () => {
    const { registry, prompt, notices, events, store, digest } = await changed(read)
    await registry.execute('it')
    await registry.execute('it')
    expect(prompt.questions).toHaveLength(1)
    expect(notices).toEqual([
      {
        type: 'kept',
        command: 'it',
        digest,
        previousDigest: expect.stringMatching(/^blake3:/),
        message: expect.any(String),
      },
    ])
    expect(store.list()).toMatchObject([{ digest, granted: full(read) }])
    const granted = events.filter(({ type }) => type === 'granted')
    expect(granted.map(({ details }) => details?.by)).toEqual(['prompt', 'update'])
  })

  test('keeps it without waiting, too', async () => {
    const { registry, notices } = await changed(read)
    expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
    expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
    expect(notices).toHaveLength(1)
  })

  test('keeps what is written down, and loses it when that is revoked', async () => {
    const { registry, store, digest } = await changed(read)
    registry.executeSync('it')
    expect(store.list()).toMatchObject([{ digest, granted: full(read) }])
    expect(store.clear()).toBe(1)
    faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
  })

  test('keeps it without waiting for a store that takes its time, and is written down there', async () => {
    const directory = await temporaryDirectory()
    const store = new FilePermissionStore(join(directory, 'permissions.json'))
    const path = await askingFile(directory, 'it', read)
    const { registry, notices } = registryWith({ store }, [always])
    await registry.loadPlugin(path)
    await registry.execute('it')
    await askingFile(directory, 'it', read, { version: 1 })
    await registry.reloadByPath(path)
    const { digest } = await new PluginLoader().load(path)
    for (let count = 0; count < 3; count += 1) registry.executeSync('it')
    await vi.waitFor(() => expect(store.list()).toMatchObject([{ digest }]))
    registry.executeSync('it')
    expect(notices).toHaveLength(1)
    await store.clear()
    faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
  })

  test('keeps it where the store cannot be written, until that is revoked', async () => {
    const { registry, store, digest } = await changed(read)
    const put = () => {
      throw new Error('the disk is full')
    }
    Object.assign(store, { put })
    registry.executeSync('it')
    await registry.execute('it')
    expect(store.list()).not.toMatchObject([{ digest }])
    store.clear()
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
  })

  test('and asks for more is asked about what is new alone', async () => {
    const { registry, prompt, types, used, store } = await changed({ ...read, ...net }, [always])
    await registry.execute('it')
    expect(prompt.questions[1]).toMatchObject({
      capabilities: full(net),
      granted: full(read),
      previousDigest: expect.stringMatching(/^blake3:/),
    })
    expect(types().filter(type => type === 'escalated')).toHaveLength(1)
    expect(used()).toEqual([full(read), full({ ...read, ...net })])
    expect(store.list()).toMatchObject([{ granted: full({ ...read, ...net }) }])
  })

  test('cannot get what was refused before by an answer about something else', async () => {
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', { ...read, ...write })
    const all = full({ ...read, ...write, ...net }) as Capabilities
    const { registry, used } = registryWith({}, [
      { ...session, capabilities: full(read) as Capabilities },
      { ...session, capabilities: all },
    ])
    await registry.loadPlugin(path)
    await registry.execute('it')
    await askingFile(directory, 'it', { ...read, ...write, ...net }, { version: 1 })
    await registry.reloadByPath(path)
    await registry.execute('it')
    expect(used()).toEqual([full(read), full({ ...read, ...net })])
  })

  test('has nothing where more is refused', async () => {
    const { registry, store } = await changed({ ...read, ...net }, [{ type: 'deny' }])
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(store.list()).toMatchObject([{ granted: full(read) }])
  })

  test('and writes what it read is asked about writing', async () => {
    const { registry, prompt } = await changed(write, [once])
    await registry.execute('it')
    expect(prompt.questions[1]).toMatchObject({ capabilities: full(write), granted: full({}) })
  })

  test('holds what was granted for a session no longer than that', async () => {
    const { registry, store } = await changed({ ...read, ...net }, [always], session)
    await registry.execute('it')
    expect(store.list()).toEqual([])
  })

  test('does not inherit what another file was granted under its name', async () => {
    const { registry, prompt, store } = await changed(read)
    await registry.close()
    const other = registryWith({ store }, [])
    await other.registry.loadPlugin(await askingFile(await temporaryDirectory(), 'it', read, { version: 2 }))
    await fault('ERR_PERMISSION_DENIED', other.registry.execute('it'))
    expect(other.prompt.questions[0]).toMatchObject({ capabilities: full(read), granted: full({}) })
    expect(prompt.questions).toHaveLength(1)
  })

  test('and was loaded from bytes is asked about again', async () => {
    const store = new MemoryPermissionStore()
    const { registry, prompt } = registryWith({ store }, [always, always])
    await registry.loadPlugin(await asking('it', read))
    await registry.execute('it')
    await registry.unload('it')
    await registry.loadPlugin(await asking('it', read, { version: 1 }))
    await registry.execute('it')
    expect(prompt.questions).toHaveLength(2)
  })

  test('while somebody is asked runs as what they were asked about', async () => {
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', read)
    const { prompt, asked, until } = patient()
    const { registry, events } = registryWith({ prompt })
    await registry.loadPlugin(path)
    const before = (await new PluginLoader().load(path)).digest
    const execution = registry.execute('it')
    await until(1)
    await askingFile(directory, 'it', { ...read, ...net }, { version: 1 })
    await registry.reloadByPath(path)
    asked[0]?.answer(once)
    await execution
    expect(asked[0]?.question.request.digest).toBe(before)
    expect(events.filter(({ type }) => type === 'used')).toMatchObject([
      { digest: before, details: { capabilities: full(read) } },
    ])
  })
})

describe('a strategy of a program’s own', () => {
  const deciding = (decision: unknown): PermissionStrategy => ({ decide: () => decision as never })

  test('may leave out what it does not grant', async () => {
    const strategy = deciding({ type: 'grant', capabilities: { fsRead: [{ pattern: './data' }] } })
    const { registry, used } = registryWith({ strategy })
    await registry.loadPlugin(await asking('it', full({ fsRead: [{ pattern: './data', recursive: false }] })))
    await registry.execute('it')
    expect(used()).toHaveLength(1)
  })

  test.each([
    ['grants what is no capability', { type: 'grant', capabilities: { fsRead: 'everything' } }],
    ['grants nothing that can be understood', { type: 'grant' }],
    ['asks about what is no capability', { type: 'ask', capabilities: { net: [1] }, granted: {} }],
  ])('is refused where it %s', async (_, decision) => {
    const { registry, used } = registryWith({ strategy: deciding(decision) })
    await registry.loadPlugin(await asking('it', read))
    const failed = { code: 'ERR_PERMISSION_DENIED', details: { reason: 'failed' } }
    await expect(registry.execute('it')).rejects.toMatchObject(failed)
    expect(used()).toHaveLength(0)
  })
})

describe('a grant that is revoked while it is decided by', () => {
  const strategy = new DefaultPermissionStrategy()

  test.each(['a store with a revision', 'one without'])('holds no longer: %s', async what => {
    const store = what === 'one without' ? withoutRevision() : new MemoryPermissionStore()
    const module = await asking('it', read)
    const before = registryWith({ store }, [always])
    await before.registry.loadPlugin(module)
    await before.registry.execute('it')
    let isRevoked = false
    const { registry, prompt } = registryWith({
      store,
      strategy: {
        decide: async context => {
          const decision = strategy.decide(context)
          if (!isRevoked) await store.clear()
          isRevoked = true
          return decision
        },
      },
    })
    await registry.loadPlugin(module)
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(prompt.questions).toHaveLength(2)
    expect(await store.list()).toEqual([])
  })

  test('is not written down again with what somebody is asked about: they are asked about all of it', async () => {
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', read)
    const file = join(directory, 'permissions.json')
    const store = new FilePermissionStore(file)
    const first = registryWith({ store }, [always])
    await first.registry.loadPlugin(path)
    await first.registry.execute('it')
    await askingFile(directory, 'it', { ...read, ...net }, { version: 1 })
    const { prompt, asked, until } = patient()
    const { registry } = registryWith({ store, prompt })
    await registry.loadPlugin(path)
    const execution = registry.execute('it')
    await until(1)
    expect(asked[0]?.question.capabilities).toEqual(full(net))
    // As another process does it.
    await new FilePermissionStore(file).clear()
    asked[0]?.answer(always)
    await until(2)
    expect(asked[1]?.question).toMatchObject({ capabilities: full({ ...read, ...net }), granted: full({}) })
    asked[1]?.answer({ type: 'deny' })
    await fault('ERR_PERMISSION_DENIED', execution)
    expect(store.list()).toEqual([])
  })

  test('has an execution refused, where the store has others each time', async () => {
    const path = await askingFile(await temporaryDirectory(), 'it', read)
    const store = new MemoryPermissionStore()
    const before = registryWith({ store }, [always])
    await before.registry.loadPlugin(path)
    await before.registry.execute('it')
    let time = Date.parse('2026-01-01')
    const find = store.find.bind(store)
    const other = Object.assign(withoutRevision(), {
      find: (command: string) =>
        find(command).map(grant => {
          time += 1
          return { ...grant, grantedAt: new Date(time).toJSON() }
        }),
    })
    const { registry } = registryWith({ store: other })
    await registry.loadPlugin(path)
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('it'))).details.reason).toBe('store')
  })
})

test('a store without a revision is asked by every execution, and what it revokes is revoked', async () => {
  const store = withoutRevision()
  const { registry, prompt } = registryWith({ store }, [always])
  await registry.loadPlugin(await asking('it', read))
  await registry.execute('it')
  await registry.execute('it')
  expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
  expect(prompt.questions).toHaveLength(1)
  await store.clear()
  faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
  await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
})

describe('while somebody is asked', () => {
  test.each(['abort', 'unload'])('who has gone keeps nobody else waiting, answered or not: %s', async how => {
    const prompt = {
      ask: ({ request }: PermissionQuestion) =>
        request.command === 'silent' ? new Promise<PermissionAnswer>(() => {}) : Promise.resolve(once),
    }
    const { registry } = registryWith({ prompt })
    for (const name of ['silent', 'it']) await registry.loadPlugin(await asking(name, read))
    const abort = new AbortController()
    const gone = registry.execute('silent', [], { signal: abort.signal })
    const waiting = registry.execute('it')
    const state = follow(waiting)
    await meanwhile()
    expect(state.state()).toBe('pending')
    if (how === 'abort') abort.abort()
    else await registry.unload('silent')
    await rejection(gone)
    expect(await waiting).toMatchObject({ output: 'ok' })
  })

  test('executions of the same plugin wait for the one answer', async () => {
    const { prompt, asked, until } = patient()
    const { registry, used } = registryWith({ prompt })
    await registry.loadPlugin(await asking('it', read))
    const executions = Array.from({ length: 20 }, () => registry.execute('it'))
    await until(1)
    asked[0]?.answer({ type: 'grant', duration: 'session' })
    await Promise.all(executions)
    expect(asked).toHaveLength(1)
    expect(used()).toHaveLength(20)
  })

  test('an answer that holds once is that of one of those who wait', async () => {
    const { prompt, asked, until } = patient()
    const { registry, used } = registryWith({ prompt })
    await registry.loadPlugin(await asking('it', read))
    const executions = Array.from({ length: 3 }, () => registry.execute('it'))
    for (let question = 1; question <= 3; question += 1) {
      await until(question)
      expect(used()).toHaveLength(question - 1)
      asked[question - 1]?.answer(once)
    }
    await Promise.all(executions)
    expect(asked).toHaveLength(3)
    expect(used()).toHaveLength(3)
  })

  test('who comes after an answer that holds once is asked about anew', async () => {
    const { prompt, asked, until } = patient()
    let record = () => {}
    const audit = {
      required: true,
      record: ({ type }: AuditEvent) =>
        type === 'used' ? new Promise<void>(resolve => (record = resolve)) : undefined,
    }
    const { registry } = registryWith({ prompt, audit })
    await registry.loadPlugin(await asking('it', read))
    const first = registry.execute('it')
    await until(1)
    asked[0]?.answer(once)
    // The first one is granted, and waits for its record.
    await meanwhile()
    const second = registry.execute('it')
    record()
    expect(await first).toMatchObject({ output: 'ok' })
    await until(2)
    asked[1]?.answer({ type: 'deny' })
    await fault('ERR_PERMISSION_DENIED', second)
  })

  test('other plugins wait for their turn', async () => {
    const { prompt, asked, until } = patient()
    const { registry } = registryWith({ prompt })
    for (const name of ['a', 'b']) await registry.loadPlugin(await asking(name, read))
    const executions = ['a', 'b'].map(name => registry.execute(name))
    await until(1)
    await meanwhile()
    expect(asked.map(({ question }) => question.request.command)).toEqual(['a'])
    asked[0]?.answer(once)
    await until(2)
    expect(asked[1]?.question.request.command).toBe('b')
    asked[1]?.answer({ type: 'deny' })
    const [a, b] = await Promise.allSettled(executions)
    expect([a?.status, b?.status]).toEqual(['fulfilled', 'rejected'])
  })

  test('an abort withdraws the question, and the call rejects with the reason', async () => {
    const { prompt, asked, until } = patient()
    const { registry } = registryWith({ prompt })
    await registry.loadPlugin(await asking('it', read))
    const controller = new AbortController()
    const execution = registry.execute('it', [], { signal: controller.signal })
    await until(1)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await rejection(execution)).toBe(reason)
    expect(asked[0]?.signal.aborted).toBe(true)
  })

  test('the question stays while anybody waits for its answer', async () => {
    const { prompt, asked, until } = patient()
    const { registry } = registryWith({ prompt })
    await registry.loadPlugin(await asking('it', read))
    const controller = new AbortController()
    const gone = registry.execute('it', [], { signal: controller.signal })
    const stays = registry.execute('it')
    await until(1)
    controller.abort()
    await rejection(gone)
    expect(asked[0]?.signal.aborted).toBe(false)
    asked[0]?.answer(once)
    expect(await stays).toMatchObject({ output: 'ok' })
  })

  test.each([
    ['unload', 'ERR_UNLOADED'],
    ['close', 'ERR_CLOSED'],
  ] as const)('%s settles the call with %s', async (end, code) => {
    const { prompt, asked, until } = patient()
    const { registry } = registryWith({ prompt })
    await registry.loadPlugin(await asking('it', read))
    const execution = registry.execute('it')
    const state = follow(execution)
    await until(1)
    expect(state.state()).toBe('pending')
    await (end === 'unload' ? registry.unload('it') : registry.close())
    await fault(code, execution)
    expect(asked[0]?.signal.aborted).toBe(true)
  })

  test('a call that cannot wait is refused, and says what can', async () => {
    const { registry, prompt } = registryWith({}, [once])
    await registry.loadPlugin(await asking('it', read))
    const { details, message } = faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
    expect(details.reason).toBe('not-sync')
    expect(message).toContain('asynchronous')
    expect(prompt.questions).toEqual([])
  })

  test.each(['find', 'decide'] as const)('so it is where a %s answers later', async what => {
    const store = new MemoryPermissionStore()
    const strategy = new TrustAllPermissionStrategy()
    const slow =
      what === 'find'
        ? { store: Object.assign(store, { find: async () => [] }) }
        : {
            strategy: {
              decide: async (...args: Parameters<typeof strategy.decide>) => strategy.decide(...args),
            },
          }
    const { registry } = registryWith({ strategy, ...slow })
    await registry.loadPlugin(await asking('it', read))
    expect(faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it')).details.reason).toBe(
      'not-sync',
    )
    expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
    expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
  })
})

describe.each([
  ['unload', 'ERR_UNLOADED'],
  ['close', 'ERR_CLOSED'],
] as const)('%s, by whoever is asked about an execution,', (end, code) => {
  test.each(['a store', 'a strategy', 'an audit sink', 'a subscriber'])(
    'ends it with a code: %s',
    async who => {
      const store = new MemoryPermissionStore()
      const strategy = new TrustAllPermissionStrategy()
      const by = <T>(whom: string, value: T): T => {
        if (whom === who) void (end === 'unload' ? registry.unload('it') : registry.close())
        return value
      }
      const { registry } = registryWith({
        store: Object.assign(store, { find: () => by('a store', []) }),
        strategy: { decide: context => by('a strategy', strategy.decide(context)) },
        audit: { record: ({ type }) => by(type === 'used' ? 'an audit sink' : 'nobody', undefined) },
      })
      const start = () => by('a subscriber', undefined)
      subscribe('tracing:sen-plugin-host:execute:start', start)
      onTestFinished(() => void unsubscribe('tracing:sen-plugin-host:execute:start', start))
      await registry.loadPlugin(await asking('it', read))
      faultSync(code, () => registry.executeSync('it'))
      if (end === 'close') return
      await registry.loadPlugin(await asking('it', read))
      await fault(code, registry.execute('it'))
    },
  )
})

describe('a deny list wins', () => {
  const deny = { fsRead: [{ pattern: '~/.ssh', recursive: true }], net: [{ host: '*' }] }
  const keys = { fsRead: [{ pattern: '~/.ssh/id', recursive: false }] }

  test.each([
    ['over trusting everything', { strategy: new TrustAllPermissionStrategy() }],
    ['over a trust flag', { trustFlags: { commands: ['it'] } }],
    ['over a person', { prompt: new AutomaticPermissionPrompt('yes') }],
  ])('%s', async (_, options) => {
    const { registry } = registryWith({ ...options, deny })
    await registry.loadPlugin(await asking('it', keys))
    const { details } = await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(details.reason).toBe('denied')
    faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
  })

  test('over what was granted before', async () => {
    const store = new MemoryPermissionStore()
    const module = await asking('it', keys)
    const before = registryWith({ store }, [always])
    await before.registry.loadPlugin(module)
    await before.registry.execute('it')
    const { registry } = registryWith({ store, deny: [deny] })
    await registry.loadPlugin(module)
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
  })

  test('and leaves the rest, which is asked about', async () => {
    const { registry, prompt, used } = registryWith({ deny }, [once])
    await registry.loadPlugin(await asking('it', { ...write, ...net, ...keys }))
    await registry.execute('it')
    expect(prompt.questions[0]?.capabilities).toEqual(full(write))
    expect(used()).toEqual([full(write)])
  })

  test('over any protocol, where it names a host alone', async () => {
    const { registry } = registryWith({
      strategy: new TrustAllPermissionStrategy(),
      deny: { net: [{ host: 'example.com' }, { host: 'example.org', protocol: 'https' }] },
    })
    for (const protocol of ['https', 'http', 'tcp'] as const) {
      await registry.loadPlugin(await asking(protocol, { net: [{ host: 'example.com', protocol }] }))
      await fault('ERR_PERMISSION_DENIED', registry.execute(protocol))
    }
    await registry.loadPlugin(await asking('other', { net: [{ host: 'example.org', protocol: 'http' }] }))
    expect(await registry.execute('other')).toMatchObject({ output: 'ok' })
  })

  test('however the path is spelled, from wherever the program runs', async () => {
    const before = process.cwd()
    const directory = await temporaryDirectory()
    onTestFinished(() => process.chdir(before))
    const { registry } = registryWith({
      strategy: new TrustAllPermissionStrategy(),
      deny: { fsRead: [{ pattern: join(directory, 'secret') }] },
    })
    await registry.loadPlugin(
      await asking('it', { fsRead: [{ pattern: './x/../Secret/', recursive: false }] }),
    )
    expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
    process.chdir(directory)
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
  })
})

describe('trust on the command line', () => {
  test('goes to code, to a file, or to a name, and is not remembered', async () => {
    const store = new MemoryPermissionStore()
    const path = await askingFile(await temporaryDirectory(), 'it', read)
    const { digest } = await new PluginLoader().load(path)
    for (const trustFlags of [{ plugins: [digest] }, { plugins: [path] }, { commands: ['it'] }]) {
      const { registry, prompt, events } = registryWith({ store, trustFlags })
      await registry.loadPlugin(path)
      expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
      expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
      expect(prompt.questions).toEqual([])
      expect(events.find(({ type }) => type === 'granted')?.details?.by).toBe('flag')
    }
    expect(store.list()).toEqual([])
  })

  test('goes to nobody else', async () => {
    const path = await askingFile(await temporaryDirectory(), 'it', read)
    const { digest } = await new PluginLoader().load(await asking('it', read, { version: 1 }))
    const { registry } = registryWith({
      trustFlags: { plugins: [digest, `${path}.other`], commands: ['its', 'IT'] },
    })
    await registry.loadPlugin(path)
    await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
  })
})

describe('how much a decision is about', () => {
  const subcommands = { subcommands: ['status', 'migrate'] }

  test('plugin: whatever its arguments', async () => {
    const { registry, prompt } = registryWith({ granularity: 'plugin' }, [session])
    await registry.loadPlugin(await asking('db', read, subcommands))
    for (const args of [[], ['status'], ['migrate']]) await registry.execute('db', args)
    expect(prompt.questions.map(({ request }) => request.command)).toEqual(['db'])
  })

  test('command: each subcommand by itself', async () => {
    const { registry, prompt } = registryWith({ granularity: 'command' }, [session, session, session])
    await registry.loadPlugin(await asking('db', read, subcommands))
    for (const args of [[], ['status'], ['status', 'migrate'], ['migrate'], ['other']])
      await registry.execute('db', args)
    expect(prompt.questions.map(({ request }) => request.command)).toEqual(['db', 'db status', 'db migrate'])
  })

  test('execution: each by itself, however many at once', async () => {
    const { registry, prompt } = registryWith({ granularity: 'execution' }, [session, session, session])
    await registry.loadPlugin(await asking('db', read, subcommands))
    await Promise.all([1, 2, 3].map(() => registry.execute('db')))
    expect(prompt.questions).toHaveLength(3)
  })
})

describe('the audit', () => {
  test('hears what was asked, granted, used and what became of the plugin', async () => {
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', read)
    const { registry, events } = registryWith({}, [once, { type: 'deny' }])
    await registry.loadPlugin(path)
    await registry.execute('it')
    await rejection(registry.execute('it'))
    await askingFile(directory, 'it', read, { version: 1 })
    await registry.reloadByPath(path)
    await registry.unload('it')
    expect(events.map(({ type }) => type)).toEqual([
      'loaded',
      'requested',
      'granted',
      'used',
      'requested',
      'denied',
      'reloaded',
      'unloaded',
    ])
    for (const { time, command, digest, path: file } of events) {
      expect(new Date(time).toJSON()).toBe(time)
      expect([command, file]).toEqual(['it', path])
      expect(digest).toMatch(/^blake3:/)
    }
    expect(events[2]?.details).toEqual({ capabilities: full(read), by: 'prompt', duration: 'once' })
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
  })

  const failing = {
    throws: () => {
      throw new Error('full')
    },
    rejects: () => Promise.reject(new Error('full')),
  }

  test.each(Object.entries(failing))(
    'that %s and is required has everything refused',
    async (how, record) => {
      const { registry } = registryWith({
        strategy: new TrustAllPermissionStrategy(),
        audit: { required: true, record },
      })
      await registry.loadPlugin(await asking('it', read))
      const { details, cause } = await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
      expect(details.reason).toBe('audit')
      expect(cause).toMatchObject({ message: 'full' })
      const sync = faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
      expect(sync.details.reason).toBe(how === 'throws' ? 'audit' : 'not-sync')
    },
  )

  test.each(Object.entries(failing))('that %s and is not required stops nothing', async (_, record) => {
    const { registry } = registryWith({ strategy: new TrustAllPermissionStrategy(), audit: { record } })
    await registry.loadPlugin(await asking('it', read))
    expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
    expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
  })

  test('that is required has recorded an execution before it begins', async () => {
    const order: string[] = []
    let recorded = () => {}
    const { registry } = registryWith({
      strategy: new TrustAllPermissionStrategy(),
      audit: {
        required: true,
        record: ({ type }) =>
          new Promise(resolve => {
            order.push(type)
            recorded = resolve
            if (type !== 'used') resolve()
          }),
      },
    })
    await registry.loadPlugin(await asking('it', read))
    const execution = registry.execute('it')
    const state = follow(execution)
    await meanwhile()
    expect(order).toEqual(['loaded', 'granted', 'used'])
    expect(state.state()).toBe('pending')
    recorded()
    expect(await execution).toMatchObject({ output: 'ok' })
  })

  test('gets one event at a time', async () => {
    let running = 0
    let most = 0
    const { registry } = registryWith({
      strategy: new TrustAllPermissionStrategy(),
      audit: {
        required: true,
        record: async () => {
          running += 1
          most = Math.max(most, running)
          await new Promise(setImmediate)
          running -= 1
        },
      },
    })
    await registry.loadPlugin(await asking('it', read))
    await Promise.all(Array.from({ length: 20 }, () => registry.execute('it')))
    expect(most).toBe(1)
  })
})

describe('a store or strategy of a program’s own', () => {
  test.each<[string, { store?: object; strategy?: object }, string]>([
    ['a store that fails', { store: { find: () => Promise.reject(new Error('gone')) } }, 'store'],
    ['a store that throws', { store: { find: failing() } }, 'store'],
    ['a store that gives no grants', { store: { find: () => [{ command: 'it', granted: {} }] } }, 'store'],
    ['a store that gives nothing', { store: { find: () => undefined } }, 'store'],
    ['a store that gives an object', { store: { find: () => ({}) } }, 'store'],
    ['a store that rejects as a thenable', { store: { find: () => failingLater } }, 'store'],
    ['a strategy that fails', { strategy: { decide: () => Promise.reject(new Error('gone')) } }, 'failed'],
    ['a strategy that throws', { strategy: { decide: failing() } }, 'failed'],
    ['a strategy that says nothing', { strategy: { decide: () => undefined } }, 'failed'],
    ['a strategy that rejects as a thenable', { strategy: { decide: () => failingLater } }, 'failed'],
    ['a strategy that refuses for no reason', { strategy: { decide: () => ({ type: 'deny' }) } }, 'failed'],
    ...[new Date(Number.NaN), 'tomorrow', 1, null].map((until): [string, object, string] => [
      `a strategy that grants until ${until}`,
      { strategy: { decide: () => ({ type: 'grant', capabilities: full(read), until }) } },
      'failed',
    ]),
    [
      'a strategy that is no longer understood half-way',
      {
        strategy: {
          decide: () => ({
            type: 'grant',
            get capabilities() {
              throw new Error('gone')
            },
          }),
        },
      },
      'failed',
    ],
    [
      'a strategy that says no',
      { strategy: { decide: () => ({ type: 'deny', reason: 'monday', message: 'it is' }) } },
      'monday',
    ],
  ])('grants nothing by mistake: %s', async (_, { store, strategy }, reason) => {
    const { registry, events } = registryWith({
      ...(store === undefined ? {} : { store: Object.assign(new MemoryPermissionStore(), store) as never }),
      ...(strategy === undefined ? {} : { strategy: strategy as never }),
    })
    await registry.loadPlugin(await asking('it', read))
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('it'))).details.reason).toBe(reason)
    faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it'))
    expect(events.find(({ type }) => type === 'denied')?.details?.reason).toBe(reason)
  })

  test('may answer with what is a promise of its own making', async () => {
    const decision = { type: 'grant', capabilities: full(read) }
    const later = (value: unknown) => thenable(resolve => resolve(value))
    const store = Object.assign(new MemoryPermissionStore(), { find: () => later([]) as never })
    const { registry } = registryWith({ store, strategy: { decide: () => later(decision) as never } })
    await registry.loadPlugin(await asking('it', read))
    expect(faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it')).details.reason).toBe(
      'not-sync',
    )
    expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
  })

  test('refuses where a store cannot say whether it has changed', async () => {
    const store = Object.defineProperty(new MemoryPermissionStore(), 'revision', { get: failing() })
    const { registry } = registryWith({ store }, [always])
    await registry.loadPlugin(await asking('it', read))
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('it'))).details.reason).toBe('store')
    expect(faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('it')).details.reason).toBe('store')
  })

  test.each([
    ['kept', undefined],
    ['not-remembered', () => Promise.reject(new Error('full'))],
  ] as const)('refuses where nobody can be told of what is %s', async (_, put) => {
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', read)
    const store = new MemoryPermissionStore()
    if (put === undefined) {
      const before = registryWith({ store }, [always])
      await before.registry.loadPlugin(path)
      await before.registry.execute('it')
      await askingFile(directory, 'it', read, { version: 1 })
    } else {
      Object.assign(store, { put })
    }
    const kept = store.list()
    const { registry, events } = registryWith({ store, onNotice: failing() }, [always, always])
    await registry.loadPlugin(path)
    for (const _ of ['first', 'again'])
      expect((await fault('ERR_PERMISSION_DENIED', registry.execute('it'))).details.reason).toBe('failed')
    expect(events.filter(({ type }) => type === 'denied')).toHaveLength(2)
    expect(store.list()).toEqual(kept)
  })

  test('grants no more than is requested', async () => {
    const everything = full({
      fsRead: [{ pattern: '.', recursive: true }],
      fsWrite: [{ pattern: '/', recursive: true }],
    })
    const { registry, used } = registryWith({
      strategy: { decide: () => ({ type: 'grant', capabilities: everything as Capabilities }) },
    })
    await registry.loadPlugin(await asking('it', read))
    await registry.execute('it')
    expect(used()).toEqual([full(read)])
  })

  test('is not asked about what holds', async () => {
    let finds = 0
    const store = new MemoryPermissionStore()
    const find = store.find.bind(store)
    Object.assign(store, {
      find: (command: string) => {
        finds += 1
        return find(command)
      },
    })
    const { registry } = registryWith({ store }, [always])
    await registry.loadPlugin(await asking('it', read))
    await registry.execute('it')
    const before = finds
    for (let count = 0; count < 5; count++) await registry.execute('it')
    registry.executeSync('it')
    expect(finds).toBe(before)
  })
})

/** What can be awaited, and is no Promise. */
function thenable(then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void) {
  return { then }
}

const failingLater = thenable((_, reject) => reject(new Error('gone')))

/** A store as simple as can be. */
function withoutRevision(): PermissionStore {
  const inner = new MemoryPermissionStore()
  return {
    find: command => inner.find(command),
    list: () => inner.list(),
    put: grant => inner.put(grant),
    remove: key => inner.remove(key),
    clear: () => inner.clear(),
  }
}

function failing(): () => never {
  return () => {
    throw new Error('gone')
  }
}

describe('the presets', () => {
  test('testing grants what is requested, and writes nothing', async () => {
    const registry = new PluginRegistry({ permissions: PermissionPresets.testing() })
    await registry.loadPlugin(await asking('it', { ...read, ...write, ...net }))
    expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
    expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
    expect(PermissionPresets.testing().store).toBeInstanceOf(MemoryPermissionStore)
  })

  test('trusting all is warned of, once', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error) => void warnings.push(warning)
    process.on('warning', listener)
    onTestFinished(() => void process.off('warning', listener))
    const permissions = PermissionPresets.trustAllDangerous()
    PermissionPresets.trustAllDangerous()
    await new Promise(setImmediate)
    expect(warnings).toMatchObject([{ name: 'SecurityWarning', code: 'SEN_TRUST_ALL' }])
    const registry = new PluginRegistry({ permissions })
    await registry.loadPlugin(await asking('it', net))
    expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
  })

  test.each(['interactive', 'strict', 'permissive'] as const)('%s wants the name of a program', preset => {
    for (const app of ['', '..', 'a/b', 1])
      faultSync('ERR_INVALID_ARG', () => PermissionPresets[preset](app as string))
  })

  test.each(['interactive', 'permissive'] as const)(
    '%s keeps a program’s grants where users keep settings',
    preset => {
      const { store } = PermissionPresets[preset]('my-app')
      expect(store).toBeInstanceOf(FilePermissionStore)
      expect((store as FilePermissionStore).path).toContain('my-app')
    },
  )
})
