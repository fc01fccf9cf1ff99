import { describe, expect, onTestFinished, test } from 'vitest'
import { meanwhile } from '../calls.js'
import { get, perform, post } from './perform.js'
import { redirect, response, routes, stalled, TestServer, text } from './server.js'

describe('a request', () => {
  test('says what its plugin says, and little else', async () => {
    const server = await TestServer.start()
    await perform(
      get(`${server.origin}/a?b=c`, [
        ['X-Own', 'ä'],
        ['Authorization', 'Bearer x'],
      ]),
      open(server),
    )
    const [request] = server.requests
    expect(request).toMatchObject({ method: 'GET', path: '/a?b=c', body: '' })
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'close',
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br',
      authorization: 'Bearer x',
      'user-agent': 'sen-plugin-host',
      'x-own': 'ä',
    })
  })

  test('has its plugin’s user agent and content type where there are some', async () => {
    const server = await TestServer.start()
    const headers = [
      ['User-Agent', 'own'],
      ['ACCEPT', 'text/html'],
      ['Content-Type', 'text/x-own'],
    ] as const
    await perform(post(server.origin, 'ä', headers), open(server))
    await perform(post(server.origin, 'ä', headers, 'text/plain'), open(server))
    await perform(post(server.origin, 'ä'), open(server))
    const types = server.requests.map(({ headers }) => headers.get('content-type'))
    expect(types).toEqual(['text/x-own', 'text/plain', 'application/json'])
    expect(server.requests[0]).toMatchObject({ method: 'POST', body: 'ä' })
    expect(server.requests[0]?.headers.get('user-agent')).toBe('own')
    expect(server.requests[0]?.headers.get('accept')).toBe('text/html')
  })

  test('knows nothing of the environment’s proxies and credentials', async () => {
    const proxy = await TestServer.start(text('from the proxy'))
    const server = await TestServer.start()
    for (const name of [
      'http_proxy',
      'HTTP_PROXY',
      'https_proxy',
      'ALL_PROXY',
      'NODE_USE_ENV_PROXY',
      'NETRC',
    ]) {
      setVariable(name, name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin)
    }
    const { result } = await perform(get(server.origin), open(server))
    expect(result).toMatchObject({ body: 'ok' })
    expect(proxy.connections).toBe(0)
  })

  test('sends no cookies that an earlier response has set', async () => {
    const server = await TestServer.start(response('ok', { headers: ['set-cookie: a=b', 'set-cookie: c=d'] }))
    const { result } = await perform(get(server.origin), open(server))
    expect(result).toMatchObject({
      headers: [
        ['set-cookie', 'a=b'],
        ['set-cookie', 'c=d'],
      ],
    })
    await perform(get(server.origin), open(server))
    expect(server.requests.some(({ headers }) => headers.has('cookie'))).toBe(false)
  })

  test('has a connection of its own', async () => {
    const server = await TestServer.start()
    for (let request = 0; request < 3; request += 1) await perform(get(server.origin), open(server))
    expect(server.connections).toBe(3)
  })
})

describe('the headers of a response', () => {
  test('are all there, but for those of the connection and of what has been decoded', async () => {
    const headers = [
      'Content-Encoding: identity',
      'X-A: 1',
      'x-a: 2',
      'connection: close',
      'keep-alive: timeout=1',
    ]
    const server = await TestServer.start(response('ok', { headers }))
    const { result } = await perform(get(server.origin), open(server))
    expect(result).toMatchObject({
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    })
  })
})

describe('a redirect', () => {
  test.each([
    [301, 'GET', ''],
    [302, 'GET', ''],
    [303, 'GET', ''],
    [307, 'POST', 'secret'],
    [308, 'POST', 'secret'],
  ])('of a POST with %i leads to a %s', async (status, method, body) => {
    const server = await TestServer.start(routes({ '/': redirect('/to', status), '/to': text('done') }))
    const { result } = await perform(post(`${server.origin}/`, 'secret', [], 'text/plain'), open(server))
    expect(result).toMatchObject({ body: 'done' })
    expect(server.requests[1]).toMatchObject({ method, body })
    expect(server.requests[1]?.headers.get('content-type')).toBe(method === 'POST' ? 'text/plain' : undefined)
    expect(server.requests[1]?.headers.get('content-length')).toBe(method === 'POST' ? '6' : undefined)
  })

  const secrets = [
    ['Authorization', 'Bearer x'],
    ['Cookie', 'a=b'],
    ['X-Api-Key', 'k'],
    ['Accept', 'text/html'],
  ] as const

  test('within its origin takes all headers along', async () => {
    const server = await TestServer.start(routes({ '/': redirect('/to'), '/to': text('done') }))
    await perform(get(`${server.origin}/`, secrets), open(server))
    const { headers } = server.requests[1] ?? { headers: new Map() }
    for (const [name, value] of secrets) expect(headers.get(name.toLowerCase())).toBe(value)
  })

  test('to another origin leaves behind whatever says who asks, and so does one that leads back', async () => {
    const other = await TestServer.start((socket, request) =>
      redirect(`${server.origin}/back`)(socket, request),
    )
    const server = await TestServer.start(
      routes({ '/': redirect(`${other.origin}/`), '/back': text('done') }),
    )
    const { result } = await perform(get(`${server.origin}/`, secrets), open(server, other))
    expect(result).toMatchObject({ body: 'done' })
    for (const request of [other.requests[0], server.requests[1]]) {
      expect(request?.headers.get('accept')).toBe('text/html')
      for (const name of ['authorization', 'cookie', 'x-api-key'])
        expect(request?.headers.has(name)).toBe(false)
    }
  })

  test('is asked about as a request is, with what the parser makes of it', async () => {
    const server = await TestServer.start(
      routes({ '/': redirect('HTTP://0X7F.1:80/a/../b'), '/b': text('done') }),
    )
    const asked: unknown[] = []
    const granted = (...request: unknown[]) => asked.push(request) === 1
    const { reason, event } = await perform(get(`${server.origin}/`), open(server), { granted })
    expect(reason).toBe('notGranted')
    expect(asked).toEqual([
      ['http', '127.0.0.1', server.port],
      ['http', '127.0.0.1', 80],
    ])
    expect(event.requests).toEqual([
      { method: 'GET', url: `${server.origin}/`, address: '127.0.0.1', status: 302 },
      { method: 'GET', url: 'http://127.0.0.1/b' },
    ])
  })
})

describe('what a plugin is told of a failure', () => {
  test('is the same for an address that is refused, one where nobody answers, and a name that is unknown', async () => {
    const lookups = [
      () => [{ address: '10.1.2.3' }],
      () => [],
      () => {
        throw new Error('ENOTFOUND inside.example')
      },
    ]
    const results = []
    for (const lookup of lookups) {
      const { result } = await perform(get('http://inside.example:1/'), { http: { lookup } })
      results.push(result)
    }
    const nobody = { allowPrivate: ['127.0.0.1:1'], lookup: () => [{ address: '127.0.0.1' }] }
    results.push((await perform(get('http://inside.example:1/'), { http: nobody })).result)
    expect(new Set(results.map(result => JSON.stringify(result))).size).toBe(1)
    expect(results[0]).toEqual({ type: 'error', message: 'the host could not be reached' })
  })

  test('while the host is told everything', async () => {
    const lookup = () => [{ address: '10.1.2.3' }, { address: '::1' }]
    const { event } = await perform(get('http://inside.example/a'), { http: { lookup } })
    expect(event).toMatchObject({
      command: 'test',
      effect: 'httpGet',
      url: 'http://inside.example/a',
      outcome: 'error',
      durationMs: expect.any(Number),
      requests: [{ method: 'GET', url: 'http://inside.example/a' }],
      failures: [{ reason: 'unreachable', url: 'http://inside.example/a', addresses: ['10.1.2.3', '::1'] }],
    })
  })
})

describe('a request that is aborted', () => {
  test.each([
    ['before there is an answer', stalled()],
    ['in the middle of the headers', stalled('HTTP/1.1 200 x\r\n')],
    ['in the middle of the body', stalled('HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\nabc')],
  ])('%s closes its connection and rejects with the reason', async (_, route) => {
    const server = await TestServer.start(route)
    const abort = new AbortController()
    const performing = perform(get(server.origin), open(server), { signal: abort.signal })
    const rejects = expect(performing).rejects.toBe('enough')
    await server.until(() => server.requests.length === 1)
    abort.abort('enough')
    await rejects
    await server.until(() => server.open === 0)
  })

  test('while its host is found rejects with the reason, and asks nothing', async () => {
    const server = await TestServer.start()
    const abort = new AbortController()
    const lookup = () => {
      abort.abort('enough')
      return [{ address: '127.0.0.1' }]
    }
    const http = { ...open(server).http, lookup }
    const url = `http://name.test:${server.port}/`
    await expect(perform(get(url), { http }, { signal: abort.signal })).rejects.toBe('enough')
    await meanwhile()
    expect(server.requests.length).toBe(0)
  })

  test('while its host is looked up rejects with the reason, though the lookup never ends', async () => {
    const abort = new AbortController()
    const lookup = () => {
      abort.abort('enough')
      return new Promise<never>(() => {})
    }
    const performing = perform(get('http://name.test'), { http: { lookup } }, { signal: abort.signal })
    await expect(performing).rejects.toBe('enough')
  })
})

function open(...servers: TestServer[]): { http: { allowPrivate: string[] } } {
  return { http: { allowPrivate: servers.map(({ port }) => `127.0.0.1:${port}`) } }
}

function setVariable(name: string, value: string): void {
  const before = process.env[name]
  process.env[name] = value
  onTestFinished(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
}
