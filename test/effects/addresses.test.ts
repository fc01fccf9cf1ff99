import { type HttpOptions, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { isPublic, parseAddress } from '../../src/effects/http/addresses.js'
import { AllowedPrivate } from '../../src/effects/http/allow-private.js'
import { faultSync } from '../fault.js'

describe('an address is public', () => {
  test.each([
    ['1.1.1.1'],
    ['8.8.8.8'],
    ['9.255.255.255'],
    ['11.0.0.0'],
    ['100.63.255.255'],
    ['100.128.0.0'],
    ['172.15.255.255'],
    ['172.32.0.0'],
    ['192.0.1.1'],
    ['192.167.255.255'],
    ['198.17.255.255'],
    ['198.20.0.0'],
    ['223.255.255.255'],
    ['2600::1'],
    ['2a00:1450:4001:830::200e'],
    ['2606:4700:4700::1111'],
  ])('%s', text => {
    expect(publicity(text)).toBe(true)
  })
})

describe('an address is not public that is', () => {
  test.each([
    ['unspecified', ['0.0.0.0', '0.1.2.3', '0.255.255.255', '::']],
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['private', ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1']],
    ['link-local, with the metadata of clouds', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'febf::1']],
    ['site-local or unique-local', ['fec0::1', 'fc00::1', 'fd00:ec2::254']],
    ['of a carrier’s NAT', ['100.64.0.1', '100.127.255.255']],
    [
      'for protocols, benchmarks and documentation',
      ['192.0.0.1', '192.0.0.170', '198.18.0.1', '198.19.255.255'],
    ],
    ['of a test network', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
    ['multicast or broadcast', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1', 'ff0e::1']],
    ['reserved', ['240.0.0.1', '254.255.255.255', '192.88.99.1', '100::1', '5f00::1', '4000::1', 'e000::1']],
    ['IPv4 in IPv6: mapped', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1']],
    ['IPv4 in IPv6: compatible', ['::127.0.0.1', '::8.8.8.8', '::7f00:1']],
    ['IPv4 in IPv6: translated', ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::a00:1']],
    ['IPv4 in IPv6: tunnelled', ['2002:7f00:1::', '2002:808:808::1', '2001::1', '2001:0:7f00:1::']],
    ['of an interface of this machine', ['fe80::1%eth0', '2600::1%lo', '::1%1']],
    [
      'no address',
      ['', 'localhost', '127.1', '0x7f.1', '2130706433', '017700000001', '1.2.3', '1.2.3.4.5', '[::1]'],
    ],
  ])('%s', (_, addresses) => {
    expect(addresses.filter(publicity)).toEqual([])
  })
})

describe('allowPrivate', () => {
  test.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080, true],
    ['127.0.0.1:8080', '127.0.0.1', 8081, false],
    ['127.0.0.1:8080', '127.0.0.2', 8080, false],
    ['127.0.0.1:8080', '::ffff:127.0.0.1', 8080, false],
    ['[::1]:8080', '::1', 8080, true],
    ['[0:0:0:0:0:0:0:1]:8080', '::1', 8080, true],
    ['[::1]:8080', '127.0.0.1', 8080, false],
    ['[::ffff:127.0.0.1]:80', '::ffff:7f00:1', 80, true],
    ['10.0.0.0/8', '10.255.0.1', 1, true],
    ['10.0.0.0/8', '11.0.0.1', 1, false],
    ['127.0.0.1/32', '127.0.0.1', 65_535, true],
    ['127.0.0.1/32', '127.0.0.2', 80, false],
    ['fd00::/8', 'fd12::1', 80, true],
    ['fd00::/8', 'fc12::1', 80, false],
    ['0.0.0.0/0', '::1', 80, false],
    ['::/0', '127.0.0.1', 80, false],
  ])('%s: %s, port %i is allowed: %s', (entry, text, port, allowed) => {
    const address = parseAddress(text)
    expect(address && new AllowedPrivate([entry], 'allowPrivate').allows(address, port)).toBe(allowed)
  })

  test.each([
    ['127.0.0.1'],
    ['127.0.0.1:'],
    ['127.0.0.1:0'],
    ['127.0.0.1:080'],
    ['127.0.0.1:65536'],
    ['127.0.0.1:8080/8'],
    ['127.1:80'],
    ['0x7f.0.0.1:80'],
    ['0177.0.0.1:80'],
    ['localhost:8080'],
    ['*:8080'],
    ['*'],
    [''],
    ['::1:8080'],
    ['[::1]'],
    ['[127.0.0.1]:80'],
    ['[fe80::1%eth0]:80'],
    ['10.0.0.1/8'],
    ['10.0.0.0/33'],
    ['10.0.0.0/08'],
    ['fd00::1/8'],
    ['fd00::/129'],
    ['[fd00::]/8'],
    ['10.0.0.0/255.0.0.0'],
    [' 127.0.0.1:80'],
    ['http://127.0.0.1:80'],
    [8080],
    [null],
  ])('is refused where it is %j', entry => {
    const options = { allowPrivate: [entry] } as HttpOptions
    const error = faultSync('ERR_INVALID_ARG', () => new PluginRegistry({ effects: { http: options } }))
    expect(error.details).toEqual({ name: 'allowPrivate' })
  })
})

function publicity(text: string): boolean {
  const address = parseAddress(text)
  return address !== undefined && isPublic(address)
}
