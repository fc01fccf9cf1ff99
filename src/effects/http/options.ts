import { invalidArgument } from '../../errors.js'
import { checkInteger, checkOptions } from '../../options.js'
import { AllowedPrivate } from './allow-private.js'
import { type Lookup, systemLookup } from './lookup.js'

/**
 * How HTTP requests of plugins are made. By default only to public addresses that the plugin was
 * granted, with no proxy, credentials or cookies, whatever the environment says.
 */
export interface HttpOptions {
  /**
   * Addresses beyond the public ones that plugins may connect to, where they are granted the host:
   * `127.0.0.1:8080`, `[::1]:8080`, or a network with any port, `10.0.0.0/8`. Names are not
   * possible, since who answers to a name can change. Default: none.
   */
  readonly allowPrivate?: readonly string[]
  /** Redirects that are followed, each checked like a request. Default: 5. */
  readonly maxRedirects?: number
  /** Bytes of a response's body, before and after decompression. Default: 4 MiB. */
  readonly maxResponseBytes?: number
  /** Milliseconds for a request, from when it is asked for to when its body is there. Default: 30,000. */
  readonly timeoutMs?: number
  /** Milliseconds for each connection, TLS included; part of `timeoutMs`. Default: 5,000. */
  readonly connectTimeoutMs?: number
  /** Requests of one plugin at the same time; further ones wait their turn. Default: 16. */
  readonly maxConcurrent?: number
  /** Finds the addresses of a host. Default: as the system does, which is `node:dns`'s `lookup`. */
  readonly lookup?: Lookup
  /**
   * Certificates, in PEM, of authorities that are trusted instead of those that Node trusts: for
   * the private hosts that `allowPrivate` names.
   */
  readonly ca?: string | readonly string[]
}

/** @internal Options that have been checked. */
export interface CheckedHttpOptions {
  readonly allowPrivate: AllowedPrivate
  readonly maxRedirects: number
  readonly maxResponseBytes: number
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly maxConcurrent: number
  readonly lookup: Lookup
  readonly ca: readonly string[] | undefined
}

const KEYS = [
  'allowPrivate',
  'maxRedirects',
  'maxResponseBytes',
  'timeoutMs',
  'connectTimeoutMs',
  'maxConcurrent',
  'lookup',
  'ca',
] as const

/** The longest that Node's own timers take. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1
/** What fits into the largest text of JavaScript, decoded. */
const MAX_RESPONSE_BYTES = 2 ** 28

/** @internal Checks options as a user gave them. */
export function checkHttpOptions(value: HttpOptions | undefined, path: string): CheckedHttpOptions {
  const options = checkOptions(value, path, KEYS)
  const {
    allowPrivate = [],
    maxRedirects = 5,
    maxResponseBytes = 4 * 2 ** 20,
    timeoutMs = 30_000,
    connectTimeoutMs = 5_000,
    maxConcurrent = 16,
    lookup = systemLookup,
  } = options
  if (typeof lookup !== 'function') throw invalidArgument(`${path}.lookup`, 'must be a function')
  return {
    allowPrivate: new AllowedPrivate(allowPrivate, `${path}.allowPrivate`),
    maxRedirects: checkInteger(maxRedirects, `${path}.maxRedirects`, 0, 20),
    maxResponseBytes: checkInteger(maxResponseBytes, `${path}.maxResponseBytes`, 0, MAX_RESPONSE_BYTES),
    timeoutMs: checkInteger(timeoutMs, `${path}.timeoutMs`, 1, MAX_TIMEOUT_MS),
    connectTimeoutMs: checkInteger(connectTimeoutMs, `${path}.connectTimeoutMs`, 1, MAX_TIMEOUT_MS),
    maxConcurrent: checkInteger(maxConcurrent, `${path}.maxConcurrent`, 1, 1024),
    lookup,
    ca: options.ca === undefined ? undefined : checkCertificates(options.ca, `${path}.ca`),
  }
}

function checkCertificates(value: unknown, path: string): string[] {
  const list: unknown[] = Array.isArray(value) ? Array.from(value) : [value]
  return list.map(certificate => {
    if (typeof certificate === 'string' && certificate.includes('-----BEGIN CERTIFICATE-----'))
      return certificate
    throw invalidArgument(path, 'must be a certificate in PEM, or an array of them')
  })
}
