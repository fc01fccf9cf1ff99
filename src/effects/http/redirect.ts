import type { Header } from '../../outcome.js'
import { EffectFailure } from '../failure.js'
import { headersForOtherOrigin, headersWithoutBody } from './headers.js'
import { parseTarget, type Target } from './target.js'

/** One request, of several where there are redirects. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly target: Target
  /** Checked, their names in lower case. */
  readonly headers: readonly Header[]
  readonly body?: string
}

/** What there is of a response before its body is read. */
export interface ResponseHead {
  readonly status: number
  /** Their names in lower case. */
  readonly headers: readonly Header[]
}

/** Redirects after which a request is one for another page, rather than the same one elsewhere. */
const CHANGES_METHOD = new Set([301, 302, 303])
const KEEPS_METHOD = new Set([307, 308])

/**
 * The request that a redirect asks for; undefined where the response is none.
 *
 * @throws {EffectFailure} `refusedRedirect` where it leads to what is no URL of HTTP, has a user's
 *   name in it, or is less secure than where it comes from.
 */
export function redirected(request: HttpRequest, { status, headers }: ResponseHead): HttpRequest | undefined {
  if (!CHANGES_METHOD.has(status) && !KEEPS_METHOD.has(status)) return undefined
  const [location, ...others] = headers.filter(([name]) => name === 'location').map(([, value]) => value)
  if (location === undefined) return undefined
  const { target: from } = request
  const refuse = (problem: string) =>
    new EffectFailure(problem, { reason: 'refusedRedirect', url: from.url.href })
  if (others.length > 0) throw refuse('it leads to several places')
  const target = parseTarget(location, 'refusedRedirect', from.url)
  if (from.protocol === 'https' && target.protocol === 'http') {
    throw refuse(`it leads from https to ${target.url.href}`)
  }
  const kept =
    from.url.origin === target.url.origin ? request.headers : headersForOtherOrigin(request.headers)
  if (KEEPS_METHOD.has(status)) return { ...request, target, headers: kept }
  return { method: 'GET', target, headers: headersWithoutBody(kept) }
}
