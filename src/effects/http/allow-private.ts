import { invalidArgument } from '../../errors.js'
import { type Address, addressLibrary, parseAddress } from './addresses.js'

/** An address and a port, or a network and any port. */
type Rule =
  | { readonly address: string; readonly port: number }
  | { readonly network: readonly [Address, number] }

/** The addresses beyond the public ones that a program lets plugins connect to. */
export class AllowedPrivate {
  readonly #rules: readonly Rule[]

  /**
   * Each entry is one of
   *
   * - `127.0.0.1:8080` or `[::1]:8080`: an address and a port;
   * - `10.0.0.0/8` or `fd00::/8`: a network, any port.
   *
   * Names are none: who answers to a name can change.
   *
   * @throws {PluginHostError} `ERR_INVALID_ARG` for anything else.
   */
  constructor(entries: unknown, path: string) {
    if (!Array.isArray(entries)) throw invalidArgument(path, 'must be an array of strings')
    this.#rules = Array.from(entries, (entry: unknown) => {
      const rule = typeof entry === 'string' ? parseRule(entry) : undefined
      if (rule !== undefined) return rule
      const problem =
        'must be an address and a port, as 127.0.0.1:8080 or [::1]:8080, or a network, as 10.0.0.0/8'
      throw invalidArgument(path, `${problem}, which ${JSON.stringify(entry)} is not`)
    })
  }

  allows(address: Address, port: number): boolean {
    const text = address.toString()
    return this.#rules.some(rule => {
      if ('address' in rule) return rule.address === text && rule.port === port
      const [network, bits] = rule.network
      return network.kind() === address.kind() && address.match(network, bits)
    })
  }
}

function parseRule(entry: string): Rule | undefined {
  const [, text = '', digits = ''] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? []
  if (text !== '') return parseNetwork(text, digits)
  const {
    v4,
    v6,
    port = '',
  } = /^(?:(?<v4>[\d.]+)|\[(?<v6>[^\]]+)\]):(?<port>[1-9]\d{0,4})$/.exec(entry)?.groups ?? {}
  const address = parseAddress(v4 ?? v6 ?? '')
  if (address === undefined || Number(port) > 65_535) return undefined
  // Brackets around an address of version 4 mean nothing.
  if ((address.kind() === 'ipv6') !== (v6 !== undefined)) return undefined
  return { address: address.toString(), port: Number(port) }
}

function parseNetwork(text: string, digits: string): Rule | undefined {
  const network = parseAddress(text)
  if (network === undefined || !/^(0|[1-9]\d*)$/.test(digits)) return undefined
  const version = network.kind() === 'ipv4' ? addressLibrary().IPv4 : addressLibrary().IPv6
  const [bits, all] = [Number(digits), network.kind() === 'ipv4' ? 32 : 128]
  // 10.0.0.1/8 could mean either of two things.
  const isWhole =
    bits <= all && version.networkAddressFromCIDR(`${text}/${bits}`).toString() === network.toString()
  return isWhole ? { network: [network, bits] } : undefined
}
