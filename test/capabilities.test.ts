import { describe, expect, test } from 'vitest'
import { faultSync, thrown } from './fault.js'
import { internal } from './internal.js'

const {
  absolutePath,
  checkDenied,
  common,
  hashOf,
  missing,
  native,
  overlapping,
  readCapabilities,
  union,
  without,
} = internal

const anchors = { workingDirectory: '/home/ada/work', home: '/home/ada' }
const reads = (pattern: string, recursive = false) => readCapabilities({ fsRead: [{ pattern, recursive }] })

describe('capabilities that somebody wrote down', () => {
  test('are completed: what is left out is nothing, one directory, or https', () => {
    expect(readCapabilities({})).toEqual({
      fsRead: [],
      fsWrite: [],
      envRead: [],
      net: [],
      stdio: { stdin: false, stdout: false, stderr: false },
    })
    expect(
      readCapabilities({ fsRead: [{ pattern: 'x' }], net: [{ host: 'a' }], stdio: { stdin: true } }),
    ).toEqual({
      fsRead: [{ pattern: 'x', recursive: false }],
      fsWrite: [],
      envRead: [],
      net: [{ host: 'a', protocol: 'https' }],
      stdio: { stdin: true, stdout: false, stderr: false },
    })
  })

  test.each([
    ['nothing', null, []],
    ['a list', [], []],
    ['a key that is not known', { fsReed: [] }, ['fsReed']],
    ['a key of every object', JSON.parse('{"__proto__": 1}'), ['__proto__']],
    ['no list', { fsRead: 'x' }, ['fsRead']],
    ['no pattern', { fsRead: ['x'] }, ['fsRead', 0]],
    ['no text', { fsRead: [{ pattern: 1 }] }, ['fsRead', 0, 'pattern']],
    ['an empty path', { fsWrite: [{ pattern: 'x' }, { pattern: '' }] }, ['fsWrite', 1, 'pattern']],
    ['no flag', { fsRead: [{ pattern: 'x', recursive: 1 }] }, ['fsRead', 0, 'recursive']],
    ['a hole', { envRead: new Array(1) }, ['envRead', 0]],
    ['a variable that is too wide', { envRead: ['HOME', 'A*'] }, ['envRead', 1]],
    ['no host', { net: [{ host: 'a b' }] }, ['net', 0, 'host']],
    ['no port', { net: [{ host: 'a', port: 65536 }] }, ['net', 0, 'port']],
    ['half a port', { net: [{ host: 'a', port: 1.5 }] }, ['net', 0, 'port']],
    ['no protocol', { net: [{ host: 'a', protocol: 'ftp' }] }, ['net', 0, 'protocol']],
    ['no stream', { stdio: { stdio: true } }, ['stdio', 'stdio']],
    ['too many', { envRead: new Array(257).fill('HOME') }, ['envRead']],
  ])('are refused with the place that is wrong: %s', (_, value, path) => {
    const error = thrown(() => readCapabilities(value))
    expect(error).toMatchObject({ path })
  })

  test('are an option like others', () => {
    const { details } = faultSync('ERR_INVALID_ARG', () => checkDenied({ net: 1 }, 'options.deny'))
    expect(details).toEqual({ name: 'net' })
  })

  test('cannot be changed afterwards by who gave them', () => {
    const given = { fsRead: [{ pattern: 'x' }] }
    const read = readCapabilities(given)
    given.fsRead.push({ pattern: 'y' })
    expect(read.fsRead).toHaveLength(1)
    expect(Object.isFrozen(read.fsRead)).toBe(true)
  })
})

describe('the one answer is that of Rust', () => {
  const grant = readCapabilities({ fsRead: [{ pattern: './data', recursive: true }], envRead: ['MY_*'] })
  const request = readCapabilities({
    fsRead: [{ pattern: 'data/x' }, { pattern: 'other' }],
    envRead: ['MY_A'],
    stdio: { stdout: true },
  })

  test('to what a grant covers, and what it lacks', () => {
    expect(common(grant, request)).toEqual(
      readCapabilities({ fsRead: [{ pattern: 'data/x' }], envRead: ['MY_A'] }),
    )
    expect(missing(grant, request)).toEqual(
      readCapabilities({ fsRead: [{ pattern: 'other' }], stdio: { stdout: true } }),
    )
    expect(native().capabilitiesCover(grant as never, request as never)).toBe(false)
    expect(native().capabilitiesCover(grant as never, common(grant, request) as never)).toBe(true)
  })

  test('to reading turned into writing: more', () => {
    const write = readCapabilities({ fsWrite: [{ pattern: './data', recursive: true }] })
    expect(missing(grant, write)).toEqual(write)
  })

  test.each([
    ['~/.ssh', true, true],
    ['../..', true, true],
    ['/home/ada/.SSH', false, true],
    ['~/.ssh-public', true, false],
    ['.', true, false],
  ])('to what a deny list meets: %s', (pattern, recursive, meets) => {
    const deny = reads('/home/ada/.ssh', true)
    const met = overlapping(deny, reads(pattern, recursive), anchors)
    expect(met).toEqual(meets ? reads(pattern, recursive) : readCapabilities({}))
    expect(without(reads(pattern, recursive), met).fsRead).toHaveLength(meets ? 0 : 1)
  })

  test('to who they are: however they are spelled', () => {
    expect(hashOf(reads('data//.'))).toBe(hashOf(reads('./data')))
    expect(hashOf(reads('./data'))).not.toBe(hashOf(reads('./data', true)))
    expect(hashOf(request)).toMatch(/^blake3:[0-9a-f]{64}$/)
  })

  test('to what both have together, said once', () => {
    expect(union(grant, readCapabilities({ fsRead: [{ pattern: 'data', recursive: true }] }))).toEqual(grant)
  })

  test('to whether a host may be reached', () => {
    const net = readCapabilities({ net: [{ host: '*.example.com', port: 443 }] }) as never
    const allows = native().capabilitiesAllowNet
    expect(allows(net, 'https', 'a.example.com', 443)).toBe(true)
    expect(allows(net, 'https', 'example.com', 8443)).toBe(false)
    expect(allows(net, 'http', 'example.com', 443)).toBe(false)
    expect(allows(net, 'https', 'badexample.com', 443)).toBe(false)
  })

  test('to where a path leads', () => {
    expect(absolutePath('../x/', anchors)).toBe('/home/ada/x')
    expect(absolutePath('~', anchors)).toBe('/home/ada')
    expect(thrown(() => absolutePath('x', { ...anchors, home: 'ada' }))).toMatchObject({ code: 'InvalidArg' })
  })
})

test('what is left of a request keeps its hosts and streams', () => {
  const request = readCapabilities({
    net: [{ host: 'a' }, { host: 'a', port: 1 }],
    stdio: { stdin: true, stdout: true },
  })
  const some = readCapabilities({ net: [{ host: 'a' }], stdio: { stdin: true } })
  expect(without(request, some)).toEqual(
    readCapabilities({ net: [{ host: 'a', port: 1 }], stdio: { stdout: true } }),
  )
})
