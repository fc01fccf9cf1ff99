import { Deadline } from '../../abort.js'
import type { EffectRequest } from '../../diagnostics.js'
import type { Effect, EffectResult, Header } from '../../outcome.js'
import { EffectFailure } from '../failure.js'
import { Places } from '../places.js'
import { readBody } from './body.js'
import { exchange } from './exchange.js'
import { checkRequestHeaders, headersForGuest } from './headers.js'
import { addressesOf } from './lookup.js'
import type { CheckedHttpOptions } from './options.js'
import { type HttpRequest, redirected } from './redirect.js'
import { openSocket } from './socket.js'
import { parseTarget, type Target } from './target.js'
import { decodeText } from './text.js'

/** An effect that is a request. */
export type HttpEffect = Extract<Effect, { readonly type: 'httpGet' | 'httpPost' }>

/** What a request of a plugin's is made with. */
export interface HttpContext {
  /** Whether the plugin was granted this: asked for each request, those after redirects included. */
  readonly allowsNet: (protocol: 'http' | 'https', host: string, port: number) => boolean
  readonly signal: AbortSignal
  /** Where requests are written down as they are made. */
  readonly requests: EffectRequest[]
}

type Draft = { -readonly [Key in keyof EffectRequest]: EffectRequest[Key] }

/** What a request says where its plugin does not: many servers refuse one that says nothing. */
const DEFAULT_HEADERS: readonly Header[] = [
  ['accept', '*/*'],
  ['user-agent', 'sen-plugin-host'],
]

/** By the SDK, which leaves it out. */
const DEFAULT_CONTENT_TYPE = 'application/json'

type HttpResult = Extract<EffectResult, { readonly type: 'http' }>

/**
 * Makes the requests of one plugin, so many at the same time. Every request is checked against what
 * was granted, by the URL's parser and not its text; the host's addresses are found once, checked,
 * and connected to as they are. Each has a connection of its own: none is ever used for what was
 * allowed by another grant.
 */
export class HttpClient {
  readonly #options: CheckedHttpOptions
  readonly #places: Places

  constructor(options: CheckedHttpOptions) {
    this.#options = options
    this.#places = new Places(options.maxConcurrent)
  }

  /**
   * @throws {EffectFailure} With the reason why there is no result.
   * @throws The signal's reason, once it is aborted.
   */
  async request(effect: HttpEffect, context: HttpContext): Promise<HttpResult> {
    const { timeoutMs } = this.#options
    const first = requestOf(effect)
    const deadline = new Deadline(context.signal, timeoutMs, () => {
      const message = `there was no whole response within ${timeoutMs} ms: effects.http.timeoutMs`
      return new EffectFailure(message, { reason: 'timedOut', url: effect.url })
    })
    const { signal } = deadline
    try {
      // Waiting is part of the time, so that a plugin hears within it, however many there are.
      const release = await this.#places.take(signal)
      try {
        return await this.#follow(first, { ...context, signal })
      } finally {
        release()
      }
    } finally {
      deadline.clear()
    }
  }

  /** Makes a request, and those that redirects ask for. */
  async #follow(first: HttpRequest, context: HttpContext): Promise<HttpResult> {
    const { maxRedirects } = this.#options
    let next: HttpRequest = first
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const answer = await this.#send(next, context)
      if ('type' in answer) return answer
      next = answer
    }
    const message = `there were more than ${maxRedirects} redirects: effects.http.maxRedirects`
    throw new EffectFailure(message, { reason: 'tooManyRedirects', url: next.target.url.href })
  }

  /** Makes one request: its result, or the request that it leads to. */
  async #send(request: HttpRequest, context: HttpContext): Promise<HttpResult | HttpRequest> {
    const { lookup, allowPrivate, connectTimeoutMs, ca, maxResponseBytes } = this.#options
    const { allowsNet, signal, requests } = context
    const { target, method } = request
    const draft: Draft = { method, url: target.url.href }
    requests.push(draft)
    if (!allowsNet(target.protocol, target.host, target.port)) throw notGranted(target)
    const addresses = await addressesOf(target, { lookup, allowPrivate, signal })
    const open = async () => {
      const { socket, address } = await openSocket(target, addresses, { connectTimeoutMs, ca, signal })
      draft.address = address
      return socket
    }
    return await exchange(open, request, { maxBodyBytes: maxResponseBytes, signal }, async response => {
      const { status, headers } = response
      draft.status = status
      const next = redirected(request, response)
      if (next !== undefined) return next
      const bytes = await readBody(response, response.body, maxResponseBytes)
      const contentType = headers.find(([name]) => name === 'content-type')?.[1]
      return { type: 'http', status, headers: headersForGuest(headers), body: decodeText(bytes, contentType) }
    })
  }
}

/** The request that a plugin asks for, checked. */
function requestOf(effect: HttpEffect): HttpRequest {
  const target = parseTarget(effect.url, 'invalidUrl')
  const own = checkRequestHeaders(headersOf(effect), target.url.href)
  const missing = DEFAULT_HEADERS.filter(([name]) => own.every(header => header[0] !== name))
  const headers = [...missing, ...own]
  if (effect.type === 'httpGet') return { method: 'GET', target, headers }
  return { method: 'POST', target, headers, body: effect.body }
}

/** The headers that a plugin asks for; the type of a body is said in one place. */
function headersOf(effect: HttpEffect): readonly Header[] {
  const { headers } = effect
  if (effect.type === 'httpGet') return headers
  const isType = ([name]: Header) => name.toLowerCase() === 'content-type'
  if (effect.contentType === undefined && headers.some(isType)) return headers
  const contentType = effect.contentType ?? DEFAULT_CONTENT_TYPE
  return [...headers.filter(header => !isType(header)), ['content-type', contentType]]
}

function notGranted({ url, protocol, host, port }: Target): EffectFailure {
  const message = `${protocol} to ${host}, port ${port}, was not granted`
  return new EffectFailure(message, { reason: 'notGranted', url: url.href })
}
