import { EffectFailure, type EffectFailureReason } from '../failure.js'

/** Where a request goes, as the URL's parser sees it: nothing here is cut out of a text. */
export interface Target {
  /** Without a fragment, which is nobody's business but the plugin's. */
  readonly url: URL
  readonly protocol: 'http' | 'https'
  /** In lower case; an IPv6 address in its brackets. */
  readonly host: string
  readonly port: number
}

/** No server takes more, and a plugin has no reason to ask. */
const MAX_URL_LENGTH = 8192

const DEFAULT_PORTS = { http: 80, https: 443 } as const

/**
 * Reads a URL by the WHATWG standard, as `fetch` does: `http://0x7f.1/` goes to 127.0.0.1.
 *
 * @throws {EffectFailure} Of `reason`, for what is no URL, has another scheme than `http` and
 *   `https`, or a user's name in it.
 */
export function parseTarget(text: string, reason: EffectFailureReason, base?: URL): Target {
  if (text.length > MAX_URL_LENGTH) throw refused(reason, `is longer than ${MAX_URL_LENGTH} characters`, text)
  const url = parse(text, base)
  if (url === undefined || url.href.length > MAX_URL_LENGTH) throw refused(reason, 'is not valid', text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refused(reason, 'has another scheme than http and https', text)
  }
  // It would be sent as credentials, and is there most often to have a host mistaken for another.
  if (url.username !== '' || url.password !== '') throw refused(reason, 'has a user’s name in it', text)
  url.hash = ''
  const protocol = url.protocol === 'https:' ? 'https' : 'http'
  const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port)
  return { url, protocol, host: url.hostname, port }
}

function parse(text: string, base: URL | undefined): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

function refused(reason: EffectFailureReason, problem: string, url: string): EffectFailure {
  return new EffectFailure(`the URL ${problem}`, { reason, url: url.slice(0, MAX_URL_LENGTH) })
}
