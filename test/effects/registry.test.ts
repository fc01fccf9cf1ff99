import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type EffectContext,
  type EffectOptions,
  type EffectTrace,
  type Limits,
  MemoryAuditSink,
  type NetPattern,
  type PermissionOptions,
  PermissionPresets,
  PluginRegistry,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { meanwhile } from '../calls.js'
import { fault, rejection } from '../fault.js'
import { compile, guest, plugin, temporaryDirectory } from '../guest.js'
import { redirect, response, routes, stalled, TestServer, text } from './server.js'

describe('the example plugin fetch', () => {
  test('gets a page, and posts to one', async () => {
    const server = await TestServer.start((socket, request) =>
      text(`${request.method} ${request.body}`)(socket, request),
    )
    const registry = await fetching(server)
    expect(await registry.execute('fetch', [server.origin])).toMatchObject({
      type: 'success',
      output: 'GET ',
    })
    expect(await registry.execute('fetch', [server.origin, 'ä'])).toMatchObject({ output: 'POST ä' })
  })

  test('asks a server that is busy again, on the same instance', async () => {
    let asked = 0
    const server = await TestServer.start((socket, request) => {
      asked += 1
      ;(asked < 3 ? response('', { status: 503 }) : text('done'))(socket, request)
    })
    const sleeps: number[] = []
    const registry = await fetching(server, {
      sleep: ({ durationMs }) => {
        sleeps.push(durationMs)
        return { type: 'sleepComplete' }
      },
    })
    const answer = await registry.execute('fetch', [server.origin])
    expect(answer).toMatchObject({ type: 'success', output: 'done', usage: { effects: 5 } })
    expect(sleeps).toEqual([100, 200])
  })

  test('says what went wrong as far as it is told', async () => {
    const server = await TestServer.start(response('', { status: 404 }))
    const registry = await fetching(server)
    const answers = [server.origin, 'http://127.0.0.1:1/', 'http://10.0.0.1/', 'ftp://x'].map(url =>
      registry.execute('fetch', [url]),
    )
    expect((await Promise.all(answers)).map(answer => answer.type === 'error' && answer.message)).toEqual([
      'the server answered 404',
      'the host could not be reached',
      'the host could not be reached',
      'the URL is not valid',
    ])
  })

  test('gets nothing where nobody granted it anything', async () => {
    const server = await TestServer.start()
    const registry = new PluginRegistry({ effects: allowing(server) })
    await registry.loadPlugin(plugin('fetch'))
    await fault('ERR_PERMISSION_DENIED', registry.execute('fetch', [server.origin]))
    expect(server.connections).toBe(0)
  })
})

describe('a plugin that asks for a page of this machine', () => {
  test.each<[string, NetPattern, boolean]>([
    ['the host', { host: '127.0.0.1', protocol: 'http' }, true],
    ['every host', { host: '*', protocol: 'http' }, true],
    ['another protocol', { host: '127.0.0.1', protocol: 'https' }, false],
    ['another host', { host: '127.0.0.2', protocol: 'http' }, false],
    ['another port', { host: '127.0.0.1', port: 1, protocol: 'http' }, false],
  ])('gets it where it was granted %s', async (_, net, isGranted) => {
    const server = await TestServer.start()
    const registry = new PluginRegistry({
      permissions: PermissionPresets.testing(),
      effects: allowing(server),
    })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(await asker(server.origin, net))
    const traces = record()
    expect(await registry.execute('asker')).toMatchObject({ output: 'done' })
    expect(traces[0]?.failures.map(({ reason }) => reason)).toEqual(isGranted ? [] : ['notGranted'])
    expect(server.connections).toBe(isGranted ? 1 : 0)
  })

  test('is not led by a redirect to where it was not granted', async () => {
    const other = await TestServer.start()
    const server = await TestServer.start(redirect(`http://127.0.0.1:${other.port}/`))
    const registry = new PluginRegistry({
      permissions: PermissionPresets.testing(),
      effects: allowing(server, other),
    })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(
      await asker(server.origin, { host: '127.0.0.1', port: server.port, protocol: 'http' }),
    )
    const traces = record()
    await registry.execute('asker')
    expect(traces[0]?.failures).toMatchObject([{ reason: 'notGranted', url: `${other.origin}/` }])
    expect([server.connections, other.connections]).toEqual([1, 0])
  })
})

test('a plugin that declares nothing makes no request, and goes on', async () => {
  const asked: string[] = []
  const lookup = (host: string) => {
    asked.push(host)
    return []
  }
  const registry = new PluginRegistry({
    permissions: PermissionPresets.testing(),
    effects: { http: { lookup } },
  })
  await registry.loadPlugin(await guest('effect-result'))
  expect(await registry.execute('effect-result')).toMatchObject({ output: 'error', usage: { effects: 1 } })
  expect(asked).toEqual([])
})

describe('a handler of the program', () => {
  test('gets the effect, who asks for it and under which grant', async () => {
    const seen: [unknown, EffectContext][] = []
    const registry = await withGuest('capabilities-net', {
      effects: {
        httpGet: (effect, context) => {
          seen.push([effect, context])
          return { type: 'http', status: 200, body: '', headers: [] }
        },
      },
      permissions: PermissionPresets.testing(),
    })
    expect(await registry.execute('capabilities-net')).toMatchObject({ output: 'resumed' })
    expect(seen.length).toBe(1)
    const [effect, context] = seen[0] ?? []
    expect(effect).toEqual({ type: 'httpGet', id: 7, url: 'http://example.test/', headers: [] })
    expect(context?.plugin).toEqual({
      command: 'capabilities-net',
      digest: expect.stringMatching(/^blake3:/),
    })
    expect(context?.grant.net).toEqual([{ host: 'example.test', protocol: 'http' }])
    expect(context?.signal.aborted).toBe(false)
  })

  test('can have it carried out as by default: again, or another one, and never beyond the grant', async () => {
    const server = await TestServer.start()
    const registry = await fetching(server, {
      httpGet: async (effect, { next }) => {
        const results = [await next(effect), await next({ ...effect, url: 'http://10.0.0.1/' })]
        results.push(await next({ type: 'sleep', id: 1, durationMs: 0 }))
        return { type: 'http', status: 200, body: results.map(({ type }) => type).join(), headers: [] }
      },
    })
    const answer = await registry.execute('fetch', [server.origin])
    expect(answer).toMatchObject({ output: 'http,error,sleepComplete', usage: { effects: 1 } })
    expect(server.requests.length).toBe(1)
  })

  test.each([
    () => {
      throw new Error('secret')
    },
    () => Promise.reject(undefined),
  ])('that fails is a failed effect, of which the plugin hears no more', async httpGet => {
    const registry = await fetching(undefined, { httpGet })
    expect(await registry.execute('fetch', ['http://x/'])).toMatchObject({ message: 'the effect failed' })
  })

  test.each([undefined, null, {}, { type: 'nothing' }, { type: 'http' }, { type: 'error', message: 1 }])(
    'that returns %j rejects the execution',
    async result => {
      const registry = await fetching(undefined, { httpGet: (() => result) as never })
      await fault('ERR_INVALID_ARG', registry.execute('fetch', ['http://x/']))
    },
  )

  test('that never returns is given up with the call, and told so', async () => {
    let signal: AbortSignal | undefined
    const registry = await fetching(undefined, {
      httpGet: (_, context) => {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    const abort = new AbortController()
    const call = rejection(registry.execute('fetch', ['http://x/'], { signal: abort.signal }))
    await meanwhile()
    abort.abort('enough')
    expect(await call).toBe('enough')
    expect(signal?.reason).toBe('enough')
  })
})

describe('options.effects', () => {
  test.each<[string, unknown]>([
    ['effects', 'automatic'],
    ['effects', []],
    ['httpPut', { httpPut: () => {} }],
    ['httpGet', { httpGet: true }],
    ['httpPost', { httpPost: 'x' }],
    ['sleep', { sleep: 1 }],
    ['maxSleepMs', { maxSleepMs: -1 }],
    ['maxSleepMs', { maxSleepMs: 1.5 }],
    ['http', { http: true }],
    ['proxy', { http: { proxy: 'http://x' } }],
    ['allowPrivate', { http: { allowPrivate: '127.0.0.1:80' } }],
    ['maxRedirects', { http: { maxRedirects: 21 } }],
    ['maxResponseBytes', { http: { maxResponseBytes: 2 ** 32 } }],
    ['timeoutMs', { http: { timeoutMs: 0 } }],
    ['connectTimeoutMs', { http: { connectTimeoutMs: Number.POSITIVE_INFINITY } }],
    ['maxConcurrent', { http: { maxConcurrent: 0 } }],
    ['lookup', { http: { lookup: {} } }],
    ['ca', { http: { ca: 'no certificate' } }],
  ])('names %s where that is wrong', async (name, effects) => {
    const create = async () => new PluginRegistry({ effects: effects as EffectOptions })
    expect((await fault('ERR_INVALID_ARG', create())).details).toEqual({ name })
  })

  test('maxSleepMs bounds how long a plugin sleeps', async () => {
    const registry = await withGuest('effect-sleep-hour', { effects: { maxSleepMs: 1 } })
    expect(await registry.execute('effect-sleep-hour')).toMatchObject({ output: 'awake' })
  })
})

describe('an execution that waits for a response', () => {
  async function waiting(run: (registry: PluginRegistry) => unknown): Promise<unknown> {
    const server = await TestServer.start(stalled())
    const registry = await fetching(server)
    const call = rejection(registry.execute('fetch', [server.origin]))
    await server.until(() => server.requests.length === 1)
    await run(registry)
    const error = await call
    await server.until(() => server.open === 0)
    return error
  }

  test('ends with its plugin, and its connection with it', async () => {
    expect(await waiting(registry => registry.unload('fetch'))).toMatchObject({ code: 'ERR_UNLOADED' })
  })

  test('ends with its registry, and its connection with it', async () => {
    expect(await waiting(registry => registry.close())).toMatchObject({ code: 'ERR_CLOSED' })
  })
})

test('a conversation ends with the version that it began with', async () => {
  const path = join(await temporaryDirectory(), 'sleeper.wasm')
  await writeFile(path, await sleeper('first'))
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const registry = new PluginRegistry({
    effects: { sleep: async (effect, { next }) => released.then(() => next(effect)) },
  })
  await registry.loadPlugin(path)
  const first = registry.execute('sleeper')
  await meanwhile()
  await writeFile(path, await sleeper('other'))
  await registry.reloadByPath(path)
  const second = registry.execute('sleeper')
  await meanwhile()
  release()
  expect(await first).toMatchObject({ type: 'success', output: 'first' })
  expect(await second).toMatchObject({ type: 'success', output: 'other' })
})

describe('many executions at once', () => {
  test('wait for their effects together: a thousand of them', async () => {
    await gathered(1000, 1000)
  })

  test('wait in turns where they are more than there may be instances', async () => {
    await gathered(5000, 1000)
  })

  /** Executes so many, none of which is answered before so many wait at the same time. */
  async function gathered(executions: number, together: number): Promise<void> {
    let waiting = 0
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const registry = await withGuest('effect-sleep', {
      effects: {
        sleep: async () => {
          waiting += 1
          if (waiting === together) release()
          await released
          return { type: 'sleepComplete' }
        },
      },
    })
    const calls = Array.from({ length: executions }, () => registry.execute('effect-sleep'))
    const outputs = (await Promise.all(calls)).map(answer => answer.type === 'success' && answer.output)
    expect(outputs).toEqual(Array.from({ length: executions }, () => 'awake'))
    // Given back, by whichever thread had them last.
    while (registry.stats().instances.executing > 0) await meanwhile()
  }

  test('make no more requests at the same time than they may, in the order in which they came', async () => {
    const held: (() => void)[] = []
    const server = await TestServer.start((socket, request) => {
      held.push(() => text(request.path)(socket, request))
    })
    // Executions run at the same time, and ask in an order of their own.
    const asked: string[] = []
    const registry = await fetching(server, {
      http: { ...allowing(server).http, maxConcurrent: 2 },
      httpGet: (effect, { next }) => {
        asked.push(new URL(effect.url).pathname)
        return next(effect)
      },
    })
    const calls = Array.from({ length: 5 }, (_, index) =>
      registry.execute('fetch', [`${server.origin}/${index}`]),
    )
    const other = await fetching(server)
    const quick = other.execute('fetch', [`${server.origin}/other`])
    await server.until(() => held.length === 3)
    await meanwhile()
    expect(held.length).toBe(3)
    const seen = () => server.requests.map(({ path }) => path).filter(path => path !== '/other')
    expect(seen().toSorted()).toEqual(asked.slice(0, 2).toSorted())
    for (let answered = 0; answered < 6; answered += 1) {
      await server.until(() => held.length > 0)
      held.shift()?.()
    }
    await Promise.all([quick, ...calls])
    expect(asked.toSorted()).toEqual(['/0', '/1', '/2', '/3', '/4'])
    expect(seen().slice(2)).toEqual(asked.slice(2))
  })
})

describe('an effect is told of', () => {
  test('on its channel, whole', async () => {
    const server = await TestServer.start(routes({ '/': redirect('/to'), '/to': text('done') }))
    const registry = await fetching(server)
    const traces = record()
    await registry.execute('fetch', [`${server.origin}/`])
    expect(traces.length).toBe(1)
    expect(traces[0]).toMatchObject({
      registry,
      command: 'fetch',
      digest: expect.stringMatching(/^blake3:/),
      path: plugin('fetch'),
      effect: 'httpGet',
      id: 1,
      url: `${server.origin}/`,
      requests: [
        { method: 'GET', url: `${server.origin}/`, address: '127.0.0.1', status: 302 },
        { method: 'GET', url: `${server.origin}/to`, address: '127.0.0.1', status: 200 },
      ],
      failures: [],
      outcome: 'success',
      durationMs: expect.any(Number),
      result: { type: 'http', body: 'done' },
    })
  })

  test('where it is given up, with the reason', async () => {
    const registry = await withGuest('effect-sleep-hour')
    const traces = record()
    const abort = new AbortController()
    const call = rejection(registry.execute('effect-sleep-hour', [], { signal: abort.signal }))
    await meanwhile()
    abort.abort('enough')
    await call
    await meanwhile()
    expect(traces).toMatchObject([{ effect: 'sleep', outcome: 'fault', error: 'enough' }])
    expect(traces[0]).not.toHaveProperty('url')
  })

  test('in the audit, where it is a request', async () => {
    const server = await TestServer.start()
    const audit = new MemoryAuditSink()
    const registry = await fetching(server, {}, { ...PermissionPresets.testing(), audit })
    await registry.execute('fetch', [server.origin])
    await registry.execute('fetch', ['http://10.0.0.1/'])
    const events = audit.events.filter(({ details }) => details?.effect === 'httpGet')
    expect(events).toMatchObject([
      {
        type: 'used',
        command: 'fetch',
        details: {
          url: server.origin,
          outcome: 'success',
          requests: [{ method: 'GET', url: `${server.origin}/`, address: '127.0.0.1', status: 200 }],
          failures: [],
        },
      },
      {
        type: 'used',
        details: {
          url: 'http://10.0.0.1/',
          outcome: 'error',
          failures: [{ reason: 'unreachable', message: expect.stringContaining('10.0.0.1') }],
        },
      },
    ])
  })

  test('in the audit as denied, where it was not granted', async () => {
    const audit = new MemoryAuditSink()
    const registry = new PluginRegistry({ permissions: { ...PermissionPresets.testing(), audit } })
    await registry.loadPlugin(await asker('https://b.test/', { host: 'a.test', protocol: 'https' }))
    await registry.execute('asker')
    const events = audit.events.filter(({ details }) => details?.effect === 'httpGet')
    expect(events).toMatchObject([{ type: 'denied', details: { failures: [{ reason: 'notGranted' }] } }])
  })

  test('before its plugin is: where that fails and is required, the execution does', async () => {
    const server = await TestServer.start()
    const audit = {
      required: true,
      record: ({ details }: { details?: object }) => {
        if (details !== undefined && 'effect' in details) throw new Error('disk full')
      },
    }
    const registry = await fetching(server, {}, { ...PermissionPresets.testing(), audit })
    await fault('ERR_PERMISSION_DENIED', registry.execute('fetch', [server.origin]))
  })
})

/** A registry with `fetch`, which may reach this server. */
async function fetching(
  server?: TestServer,
  effects: EffectOptions = {},
  permissions: PermissionOptions = PermissionPresets.testing(),
): Promise<PluginRegistry> {
  const http = server === undefined ? {} : allowing(server)
  const registry = new PluginRegistry({ permissions, effects: { ...http, ...effects } })
  onTestFinished(() => registry.close())
  await registry.loadPlugin(plugin('fetch'))
  return registry
}

async function withGuest(
  name: string,
  options: { effects?: EffectOptions; permissions?: PermissionOptions; limits?: Limits } = {},
): Promise<PluginRegistry> {
  const registry = new PluginRegistry(options)
  onTestFinished(() => registry.close())
  await registry.loadPlugin(await guest(name))
  return registry
}

function allowing(...servers: TestServer[]): EffectOptions & { http: { allowPrivate: string[] } } {
  return { http: { allowPrivate: servers.map(({ port }) => `127.0.0.1:${port}`) } }
}

/** What is published of effects until the test is over, as they end. */
function record(): EffectTrace[] {
  const traces: EffectTrace[] = []
  const hear = (trace: unknown) => void traces.push(trace as EffectTrace)
  subscribe('tracing:sen-plugin-host:effect:asyncEnd', hear)
  onTestFinished(() => void unsubscribe('tracing:sen-plugin-host:effect:asyncEnd', hear))
  return traces
}

/** A plugin that sleeps and then says who it is. */
function sleeper(answer: string): Promise<Uint8Array> {
  return compile(`(module
    (memory (export "memory") 1)
    (data (i32.const 16) "\\92\\02\\92\\a7sleeper\\a0")
    (data (i32.const 256) "\\81\\a6Effect\\81\\a5Sleep\\92\\01\\01\\81\\a7Success\\a5${answer}")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000000c))
    (func (export "plugin_resume") (param i32 i32 i32) (result i64) (i64.const 0x112_0000000f))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0x100_00000012)))`)
}

/** A plugin that declares one host, asks for one page, and is content with whatever comes of it. */
function asker(url: string, { host, port, protocol }: NetPattern): Promise<Uint8Array> {
  const text = (value: string) => [0xa0 + value.length, ...Buffer.from(value)]
  const number = port === undefined ? [0xc0] : [0xcd, port >> 8, port & 0xff]
  const net = [0x91, 0x93, ...text(host), ...number, ...text(protocol)]
  const manifest = [0x93, 2, 0x92, ...text('asker'), ...text(''), 0x94, 0x90, 0x90, 0x90, ...net]
  const effect = [0x81, ...text('Effect'), 0x81, ...text('HttpGet'), 0x92, 1, ...text(url)]
  const success = [0x81, ...text('Success'), ...text('done')]
  const data = (bytes: number[]) => bytes.map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  const packed = (address: number, { length }: number[]) => (BigInt(address) << 32n) | BigInt(length)
  return compile(`(module
    (memory (export "memory") 1)
    (data (i32.const 16) "${data(manifest)}")
    (data (i32.const 256) "${data(effect)}")
    (data (i32.const 768) "${data(success)}")
    (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "plugin_dealloc") (param i32 i32))
    (func (export "plugin_manifest") (result i64) (i64.const ${packed(16, manifest)}))
    (func (export "plugin_resume") (param i32 i32 i32) (result i64) (i64.const ${packed(768, success)}))
    (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const ${packed(256, effect)})))`)
}
