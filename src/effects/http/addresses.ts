import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** All that is assigned to hosts of the internet; everything else in IPv6 is of some special kind. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Public by its number, and the service of whatever cloud the host runs in. */
const CLOUD_SERVICES = new Set(['168.63.129.16'])

/** Reads an address in one of its usual forms; none with a zone, which names an interface of this machine. */
export function parseAddress(text: string): Address | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : ipaddr.parse(text)
}

/**
 * Whether an address is a host of the internet. Everything of a special kind is not: loopback,
 * private, link-local and unique-local addresses, multicast, broadcast, carrier-grade NAT,
 * documentation, benchmarks, and IPv6 forms that lead to an IPv4 address (mapped, NAT64, 6to4,
 * Teredo), whatever that is.
 */
export function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || CLOUD_SERVICES.has(address.toString())) return false
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST)
}
