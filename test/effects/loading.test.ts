import { expect, test, vi } from 'vitest'
import { get, perform } from './perform.js'
import { TestServer, text } from './server.js'

const timeoutMs = 60_000

vi.mock('undici', async load => {
  // Takes longer to load than a request may take.
  await vi.advanceTimersByTimeAsync(2 * timeoutMs)
  vi.useRealTimers()
  return await load()
})

test('loading what makes requests is not part of the time that a request has', async () => {
  const server = await TestServer.start(text('a page'))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const http = { timeoutMs, allowPrivate: [`127.0.0.1:${server.port}`] }
  const { result, reason } = await perform(get(server.origin), { http })
  expect({ result, reason }).toMatchObject({ result: { status: 200, body: 'a page' }, reason: undefined })
})
