import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** All that is assigned to hosts of the internet; everything else in IPv6 is of some special kind. */
const GLOBAL_UNICAST = '2000::/3'

let loaded: typeof ipaddr | undefined

/** The library, loaded by the first address: most programs let no plugin use the network. */
export function addressLibrary(): typeof ipaddr {
  loaded ??= createRequire(import.meta.url)('ipaddr.js') as typeof ipaddr
  return loaded
}

/** Public by its number, and the service of whatever cloud the host runs in. */
const CLOUD_SERVICES = new Set(['168.63.129.16'])

/** Reads an address in one of its usual forms; none with a zone, which names an interface of this machine. */
export function parseAddress(text: string): Address | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : addressLibrary().parse(text)
}

/**
 * Whether an address is a host of the internet. Everything of a special kind is not: loopback,
 * private, link-local and unique-local addresses, multicast, broadcast, carrier-grade NAT,
 * documentation, benchmarks, and IPv6 forms that lead to an IPv4 address (mapped, NAT64, 6to4,
 * Teredo), whatever that is.
 */
export function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || CLOUD_SERVICES.has(address.toString())) return false
  return address.kind() === 'ipv4' || address.match(addressLibrary().parseCIDR(GLOBAL_UNICAST))
}
