import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { EffectFailure } from '../failure.js'
import { headerValues } from './headers.js'
import type { ResponseHead } from './redirect.js'

/** The encodings of a body that `readBody` decodes. */
export const ACCEPT_ENCODING = 'gzip, deflate, br'

/**
 * Reads and decompresses a response's body, piece by piece: no more than `maxBytes` is ever there,
 * before decompression or after, and whoever sends more is not listened to any longer.
 *
 * @throws {EffectFailure} `tooLarge` or `unknownEncoding`.
 */
export async function readBody({ headers }: ResponseHead, body: Readable, maxBytes: number): Promise<Buffer> {
  const length = headers.find(([name]) => name === 'content-length')?.[1]
  if (length !== undefined && Number(length) > maxBytes) throw tooLarge(maxBytes)
  const encodings = headerValues(headers, 'content-encoding').filter(encoding => encoding !== 'identity')
  const [encoding, ...others] = encodings
  if (encoding === undefined) return await collect(body, maxBytes)
  // No server compresses twice but to do harm.
  if (others.length > 0) throw unknownEncoding(encodings)
  const compressed = bounded(body, maxBytes)
  const first = await compressed.next()
  if (first.done) return Buffer.alloc(0)
  const decoder = createDecoder(encoding, first.value)
  if (decoder === undefined) throw unknownEncoding(encodings)
  // A failure of either destroys both, and is thrown by whoever reads.
  pipeline(rest(first.value, compressed), decoder, () => {})
  return await collect(decoder, maxBytes)
}

function createDecoder(encoding: string, [first = 0]: Buffer): Transform | undefined {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      // By RFC 9110 in the format of zlib, whose first byte says so; some servers leave that out.
      return (first & 0x0f) === 8 ? createInflate() : createInflateRaw()
    case 'br':
      return createBrotliDecompress()
    default:
      return undefined
  }
}

async function collect(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const chunk of bounded(chunks, maxBytes)) parts.push(chunk)
  return Buffer.concat(parts)
}

async function* bounded(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer, void> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

async function* rest(first: Buffer, others: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield first
  yield* others
}

function tooLarge(maxBytes: number): EffectFailure {
  return new EffectFailure(`the body has more than ${maxBytes} bytes: effects.http.maxResponseBytes`, {
    reason: 'tooLarge',
  })
}

function unknownEncoding(encodings: readonly string[]): EffectFailure {
  return new EffectFailure(`the body is encoded as ${encodings.join(', ')}`, { reason: 'unknownEncoding' })
}
