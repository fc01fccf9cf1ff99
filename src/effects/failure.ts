/**
 * Why an effect came to nothing, and what its plugin is told of it: texts that are always the same,
 * so that a plugin learns nothing of the network that its host is in. An address that is refused
 * reads as one where nobody answers.
 */
const TEXTS: Readonly<Record<EffectFailureReason, string>> = {
  invalidUrl: 'the URL is not valid',
  invalidRequest: 'the request is too large, or has a header that is not allowed',
  notGranted: 'the request was not granted',
  unreachable: 'the host could not be reached',
  insecure: 'a secure connection to the host could not be made',
  timedOut: 'the request took too long',
  refusedRedirect: 'a redirect was refused',
  tooManyRedirects: 'there were too many redirects',
  broken: 'the response is broken',
  tooLarge: 'the response is too large',
  unknownEncoding: 'the response has an encoding that is not supported',
  notText: 'the response is not text',
  failed: 'the effect failed',
}

/** Why an effect came to nothing. `failed` is a handler of the program's own that threw. */
export type EffectFailureReason =
  | 'invalidUrl'
  | 'invalidRequest'
  | 'notGranted'
  | 'unreachable'
  | 'insecure'
  | 'timedOut'
  | 'refusedRedirect'
  | 'tooManyRedirects'
  | 'broken'
  | 'tooLarge'
  | 'unknownEncoding'
  | 'notText'
  | 'failed'

/** What is known of a failure. */
export interface EffectFailureDetails {
  readonly reason: EffectFailureReason
  /** What was asked for when it failed: after redirects, where they led. */
  readonly url?: string
  /** The addresses that were refused, or did not answer. */
  readonly addresses?: readonly string[]
  readonly cause?: unknown
}

/**
 * An effect that came to nothing, with everything that is known of it: for the host, never for a
 * plugin, which gets `forGuest`.
 */
export class EffectFailure extends Error {
  override readonly name = 'EffectFailure'
  /** What went wrong, for programs. */
  readonly reason: EffectFailureReason
  /** What was asked for when it failed: after redirects, where they led. */
  readonly url?: string
  /** The addresses that were refused, or did not answer. */
  readonly addresses?: readonly string[]

  constructor(message: string, { reason, url, addresses, ...options }: EffectFailureDetails) {
    super(message, options)
    this.reason = reason
    if (url !== undefined) this.url = url
    if (addresses !== undefined) this.addresses = addresses
  }

  /** All that the plugin is told. */
  get forGuest(): string {
    return TEXTS[this.reason]
  }
}
