import { generate } from 'selfsigned'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { HttpOptions } from '../../src/index.js'
import { get, perform } from './perform.js'
import { type Route, redirect, TestServer, text } from './server.js'

interface Certificate {
  readonly key: string
  readonly cert: string
}

let certificate: Certificate

beforeAll(async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'good.test' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'good.test' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  certificate = { key, cert }
})

describe('over https', () => {
  test.each(['good.test', '127.0.0.1', 'GOOD.test.'])(
    'a host that proves that it is %s is asked',
    async host => {
      const server = await start()
      const { result } = await perform(get(`https://${host}:${server.port}/`), { http: trusting(server) })
      expect(result).toMatchObject({ type: 'http', body: 'ok' })
      expect(server.requests.length).toBe(1)
    },
  )

  test('a host that proves to be another is told nothing', async () => {
    const server = await start()
    const { reason } = await perform(get(`https://other.test:${server.port}/`), { http: trusting(server) })
    expect(reason).toBe('insecure')
    expect(server.requests.length).toBe(0)
  })

  test('a host whose certificate nobody knows is told nothing, whatever the environment says', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    onTestFinished(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    })
    const server = await start()
    const { ca: _, ...http } = trusting(server)
    const { reason } = await perform(get(`https://good.test:${server.port}/`), { http })
    expect(reason).toBe('insecure')
    expect(server.requests.length).toBe(0)
  })

  test('a host that speaks no TLS is told nothing', async () => {
    const server = await TestServer.start(text('ok'), { greeting: 'SSH-2.0-x\r\n' })
    const { reason } = await perform(get(`https://good.test:${server.port}/`), { http: trusting(server) })
    expect(reason).toBe('insecure')
    expect(server.requests.length).toBe(0)
  })

  test('a redirect never leads to http', async () => {
    const plain = await TestServer.start()
    const server = await start(redirect(`http://127.0.0.1:${plain.port}/`))
    const { reason } = await perform(get(`https://good.test:${server.port}/`), {
      http: trusting(server, plain),
    })
    expect(reason).toBe('refusedRedirect')
    expect(plain.connections).toBe(0)
  })

  test('a redirect from http leads there', async () => {
    const server = await start()
    const plain = await TestServer.start(redirect(`https://good.test:${server.port}/`))
    const { result } = await perform(get(plain.origin), { http: trusting(server, plain) })
    expect(result).toMatchObject({ type: 'http', body: 'ok' })
  })

  test('one that is aborted while the connection is made secure closes it', async () => {
    const server = await TestServer.start()
    const abort = new AbortController()
    const performing = perform(
      get(`https://good.test:${server.port}/`),
      { http: trusting(server) },
      { signal: abort.signal },
    )
    const rejects = expect(performing).rejects.toBe('enough')
    await server.until(() => server.connections === 1)
    abort.abort('enough')
    await rejects
    await server.until(() => server.open === 0)
  })
})

function start(route: Route = text('ok')): Promise<TestServer> {
  return TestServer.start(route, { tls: certificate })
}

function trusting(...servers: TestServer[]): HttpOptions {
  return {
    allowPrivate: servers.map(({ port }) => `127.0.0.1:${port}`),
    lookup: () => [{ address: '127.0.0.1' }],
    ca: certificate.cert,
  }
}
