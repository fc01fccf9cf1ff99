import { withSignal } from '../../abort.js'
import { EffectFailure } from '../failure.js'
import { isPublic, parseAddress } from './addresses.js'
import type { AllowedPrivate } from './allow-private.js'
import type { Target } from './target.js'

/** An address of a host, as `node:dns` gives it. */
export interface LookupAddress {
  /** An IPv4 or IPv6 address, as text. */
  readonly address: string
}

/**
 * Finds the addresses of a host by its name. What it says is checked like any other answer: only
 * addresses that a plugin may connect to are used, and those as they are, without asking again.
 */
export type Lookup = (
  hostname: string,
  options: { readonly signal: AbortSignal },
) => readonly LookupAddress[] | Promise<readonly LookupAddress[]>

/** By the system, as every program on it does: from its hosts file, then from its name servers. */
export async function systemLookup(hostname: string): Promise<readonly LookupAddress[]> {
  // Loaded by whoever looks something up: the options name this function in every registry.
  const { lookup } = await import('node:dns/promises')
  return await lookup(hostname, { all: true })
}

/**
 * The addresses of a host that may be connected to. Those that may not be are passed over, rather
 * than the host refused for them: where a network translates IPv4 for hosts of IPv6 alone, every
 * name has such an address beside the public one. None of them is ever connected to.
 *
 * @throws {EffectFailure} `unreachable` where no address is left, or the name has none.
 */
export async function addressesOf(
  { url, host, port }: Target,
  {
    lookup,
    allowPrivate,
    signal,
  }: { readonly lookup: Lookup; readonly allowPrivate: AllowedPrivate; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const literal = parseAddress(host.replace(/^\[(.*)\]$/, '$1'))
  const found = literal === undefined ? await resolve(url, host, lookup, signal) : [literal.toString()]
  const addresses = found
    .map(parseAddress)
    .filter(address => address !== undefined)
    .filter(address => isPublic(address) || allowPrivate.allows(address, port))
    .map(String)
  if (addresses.length > 0) return addresses
  throw new EffectFailure(
    found.length === 0
      ? `${host} has no address`
      : `${host} has no public address: ${found.join(', ')}. effects.http.allowPrivate can name others`,
    { reason: 'unreachable', url: url.href, addresses: found },
  )
}

async function resolve(url: URL, host: string, lookup: Lookup, signal: AbortSignal): Promise<string[]> {
  try {
    // The system's own cannot be stopped, but nobody has to wait for it.
    const found: unknown = await withSignal(signal, async () => lookup(host, { signal }))
    return (found as LookupAddress[]).map(({ address }) => {
      if (typeof address !== 'string') throw new TypeError('a lookup must give objects with an address')
      return address
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw new EffectFailure(`the addresses of ${host} could not be found`, {
      reason: 'unreachable',
      url: url.href,
      cause,
    })
  }
}
