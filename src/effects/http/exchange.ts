/** The only file that knows undici. */
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Client } from 'undici'
import type { Header } from '../../outcome.js'
import { EffectFailure } from '../failure.js'
import { ACCEPT_ENCODING } from './body.js'
import type { HttpRequest, ResponseHead } from './redirect.js'

/** How an exchange is bounded. */
export interface ExchangeOptions {
  /** Bytes of the body that `receive` reads. */
  readonly maxBodyBytes: number
  readonly signal: AbortSignal
}

/** A response whose body has not been read. */
export interface Response extends ResponseHead {
  readonly body: Readable
}

/** Headers of a response, all together. */
const MAX_RESPONSE_HEADER_BYTES = 16 * 1024

/** What a server may send beside the body: headers, the marks of chunks, and announcements of a response. */
const MAX_OTHER_BYTES = 2 ** 20

/**
 * Sends one request over a connection that `open` makes for it alone, and gives `receive` the
 * response. The connection is closed when that has settled.
 *
 * @throws {EffectFailure} `broken` where no response comes that could be understood; `tooLarge` where
 *   far more comes than the body may have.
 */
export async function exchange<T>(
  open: () => Promise<Socket>,
  { method, target, headers, body }: HttpRequest,
  { maxBodyBytes, signal }: ExchangeOptions,
  receive: (response: Response) => Promise<T>,
): Promise<T> {
  const socket = await open()
  const client = new Client(target.url.origin, {
    // Not at once: undici would not notice that it has a connection.
    connect: (_, callback) => queueMicrotask(() => callback(null, socket)),
    maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    // The signal is aborted when the time is over.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  // The body is counted by whoever reads it; of the rest, nobody sees how much there is.
  const maxBytes = 2 * maxBodyBytes + MAX_OTHER_BYTES
  socket.on('readable', () => {
    if (socket.bytesRead <= maxBytes) return
    const message = `${target.host} sent more than ${maxBytes} bytes`
    void client.destroy(new EffectFailure(message, { reason: 'tooLarge', url: target.url.href }))
  })
  try {
    const response = await client.request({
      method,
      path: target.url.pathname + target.url.search,
      headers: [...headers.flat(), 'accept-encoding', ACCEPT_ENCODING],
      ...(body === undefined ? {} : { body }),
      // With the default for GET, undici may send it again.
      idempotent: false,
      reset: true,
      signal,
      responseHeaders: 'raw',
    })
    // undici's types have the form that headers take otherwise.
    const raw = response.headers as unknown as string[]
    return await receive({ status: response.statusCode, headers: pairs(raw), body: response.body })
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof EffectFailure) throw cause
    const message = `${target.host} sent no response that could be understood`
    throw new EffectFailure(message, { reason: 'broken', url: target.url.href, cause })
  } finally {
    await client.destroy()
    socket.destroy()
  }
}

function pairs(raw: readonly string[]): Header[] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [
    (raw[2 * index] ?? '').toLowerCase(),
    raw[2 * index + 1] ?? '',
  ])
}
