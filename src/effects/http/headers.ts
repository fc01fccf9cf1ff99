import type { Header } from '../../outcome.js'
import { EffectFailure } from '../failure.js'

/** More than any interface asks for. */
const MAX_HEADERS = 64
const MAX_HEADER_BYTES = 16 * 1024

/**
 * Headers that say how a message travels, or to whom: those are the host's. A plugin that sets
 * them could have one request taken for two, or reach another host behind the same address.
 */
const FORBIDDEN = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])

/** Headers that say nothing of who asks; all others stay with the origin that they were meant for. */
const HARMLESS = new Set(['accept', 'accept-language', 'content-language', 'content-type', 'user-agent'])

/** Headers that describe a body, and go with it. */
const OF_BODY = new Set(['content-language', 'content-location', 'content-type'])

/** Headers of a response that no longer hold once its body has been decoded, or are the connection's. */
const OF_CONNECTION = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** RFC 9110: a token, and what a value may consist of. A line end or NUL would begin another header. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * A plugin's headers, checked, their names in lower case.
 *
 * @throws {EffectFailure} `invalidRequest` for a header that is not allowed, or too many of them.
 */
export function checkRequestHeaders(headers: readonly Header[], url: string): Header[] {
  const refuse = (problem: string) => new EffectFailure(problem, { reason: 'invalidRequest', url })
  if (headers.length > MAX_HEADERS) throw refuse(`there are more than ${MAX_HEADERS} headers`)
  let bytes = 0
  return headers.map(([given, value]): Header => {
    const name = given.toLowerCase()
    bytes += name.length + value.length
    if (bytes > MAX_HEADER_BYTES) throw refuse(`the headers have more than ${MAX_HEADER_BYTES} bytes`)
    if (!NAME.test(name)) throw refuse(`${JSON.stringify(given)} is no name of a header`)
    if (!VALUE.test(value)) throw refuse(`the header ${name} has a value that is not allowed`)
    if (FORBIDDEN.has(name) || name.startsWith('proxy-'))
      throw refuse(`the header ${name} is the host's to set`)
    return [name, value]
  })
}

/** What of a request's headers may follow it to another origin. */
export function headersForOtherOrigin(headers: readonly Header[]): Header[] {
  return headers.filter(([name]) => HARMLESS.has(name))
}

/** Headers of a request whose body is left out. */
export function headersWithoutBody(headers: readonly Header[]): Header[] {
  return headers.filter(([name]) => !OF_BODY.has(name))
}

/** What a plugin is told of a response's headers. */
export function headersForGuest(headers: readonly Header[]): [string, string][] {
  return headers.filter(([name]) => !OF_CONNECTION.has(name)).map(([name, value]) => [name, value])
}

/** The values of a header, several on one line told apart by commas. */
export function headerValues(headers: readonly Header[], wanted: string): string[] {
  return headers
    .filter(([name]) => name === wanted)
    .flatMap(([, value]) => value.split(','))
    .map(value => value.trim().toLowerCase())
    .filter(value => value !== '')
}
