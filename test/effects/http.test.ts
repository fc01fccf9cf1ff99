import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Effect, EffectFailureReason, Header, HttpOptions } from '../../src/index.js'
import { type Granted, get, perform, post } from './perform.js'
import { endless, type Route, raw, redirect, response, routes, stalled, TestServer, text } from './server.js'

/** Both servers of a case: one that the plugin may reach, and one that it may not. */
interface Servers {
  readonly server: TestServer
  readonly forbidden: TestServer
}

interface Case {
  readonly title: string
  /** What the plugin asks for; by default, the page `/` of the server that it may reach. */
  readonly effect?: (servers: Servers) => Effect
  /** How that server answers. */
  readonly route?: Route
  /** Instead: where it sends whoever asks for `/`, and with which status; at `/done` is a page. */
  readonly leadsTo?: readonly [location: string, status?: number]
  readonly http?: HttpOptions
  readonly granted?: (servers: Servers) => Granted
  /** The result: a body, or why there is none. */
  readonly is: { readonly body: string; readonly status?: number } | EffectFailureReason
  /** Requests that reach the server: one, if nothing else is said. */
  readonly requests?: number
}

const big = 'x'.repeat(5 * 2 ** 20)
const textType = { headers: ['content-type: text/plain'] }
const named = (url: string) => ({ effect: (servers: Servers) => get(at(url, servers)), requests: 0 })
const resolving = (...answers: string[][]) => {
  let asked = 0
  return () => (answers[Math.min(asked++, answers.length - 1)] ?? []).map(address => ({ address }))
}

const cases: readonly Case[] = [
  { title: 'a page', is: { body: 'ok' } },
  {
    title: 'a page that is an error of the server’s, which is an answer',
    route: response('no', { status: 500, ...textType }),
    is: { body: 'no', status: 500 },
  },
  { title: 'a page without a body', route: raw('HTTP/1.1 204 x\r\n\r\n'), is: { body: '', status: 204 } },
  {
    title: 'a page that ends with its connection',
    route: raw('HTTP/1.1 200 x\r\n\r\nto the end'),
    is: { body: 'to the end' },
  },
  {
    title: 'a page in chunks',
    route: raw('HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n'),
    is: { body: 'abc' },
  },
  {
    title: 'a page after some that only say that it comes',
    route: raw('HTTP/1.1 103 x\r\nlink: </a>\r\n\r\nHTTP/1.1 200 x\r\ncontent-length: 2\r\n\r\nok'),
    is: { body: 'ok' },
  },

  // What is asked for.
  { title: 'no URL', ...named('::'), is: 'invalidUrl' },
  { title: 'an empty URL', ...named(''), is: 'invalidUrl' },
  { title: 'a path', ...named('/etc/passwd'), is: 'invalidUrl' },
  { title: 'a file', ...named('file:///etc/passwd'), is: 'invalidUrl' },
  { title: 'data', ...named('data:text/plain,x'), is: 'invalidUrl' },
  { title: 'ftp', ...named('ftp://127.0.0.1/'), is: 'invalidUrl' },
  { title: 'a socket of the system', ...named('http+unix://%2Fvar%2Frun%2Fdocker.sock/'), is: 'invalidUrl' },
  { title: 'a WebSocket', ...named('ws://127.0.0.1:FORBIDDEN/'), is: 'invalidUrl' },
  { title: 'a user’s name in the URL', ...named('http://user@127.0.0.1:SERVER/'), is: 'invalidUrl' },
  { title: 'a password in the URL', ...named('http://:secret@127.0.0.1:SERVER/'), is: 'invalidUrl' },
  {
    title: 'a host that is a user’s name',
    ...named('http://example.test@127.0.0.1:FORBIDDEN/'),
    is: 'invalidUrl',
  },
  {
    title: 'a host behind a backslash, which to the parser is another’s path',
    ...named('http://127.0.0.1:FORBIDDEN\\@example.test/'),
    is: 'unreachable',
  },
  { title: 'an endless URL', ...named(`http://127.0.0.1:SERVER/${'a'.repeat(9000)}`), is: 'invalidUrl' },
  { title: 'a port that is none', ...named('http://127.0.0.1:99999/'), is: 'invalidUrl' },
  {
    title: 'a URL with a fragment, which stays here',
    effect: ({ server }) => get(`${server.origin}/#fragment`),
    route: (socket, request) => text(request.path)(socket, request),
    is: { body: '/' },
  },
  {
    title: 'a URL with line ends, which the parser takes out',
    effect: ({ server }) => get(`${server.origin}/a\r\nHost: evil\r\n\r\nGET /b`),
    route: (socket, request) => text(request.path)(socket, request),
    is: { body: '/aHost:%20evilGET%20/b' },
  },

  // What was granted.
  { title: 'what was not granted', granted: () => () => false, is: 'notGranted', requests: 0 },
  {
    title: 'another port than was granted',
    granted: () => (_, __, port) => port === 443,
    is: 'notGranted',
    requests: 0,
  },
  {
    title: 'http where https was granted',
    granted: () => protocol => protocol === 'https',
    is: 'notGranted',
    requests: 0,
  },
  {
    title: 'a host as the parser sees it',
    effect: ({ server }) => get(`http://0x7f.1:${server.port}/`),
    granted: () => (_, host) => host === '127.0.0.1',
    is: { body: 'ok' },
  },
  {
    title: 'a redirect to what was not granted',
    leadsTo: ['http://other.test:SERVER/done'],
    granted: () => (_, host) => host === '127.0.0.1',
    is: 'notGranted',
  },
  {
    title: 'a redirect to a port that was not granted',
    leadsTo: ['http://127.0.0.1:FORBIDDEN/'],
    granted:
      ({ server }) =>
      (_, __, port) =>
        port === server.port,
    is: 'notGranted',
  },

  // Addresses, written in every way.
  ...[
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0177.0.0.01',
    '127.0.0.1.',
    '１２７.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[0:0:0:0:0:0:0:1]',
    'localhost',
    'localhost.',
    'LOCALHOST',
  ].map(
    (host): Case => ({
      title: `${host}, which is not public`,
      ...named(`http://${host}:FORBIDDEN/`),
      is: 'unreachable',
    }),
  ),
  { title: 'an address with a zone', ...named('http://[fe80::1%25lo]:FORBIDDEN/'), is: 'invalidUrl' },
  {
    title: 'the metadata of a cloud',
    ...named('http://169.254.169.254/latest/meta-data/'),
    is: 'unreachable',
  },
  {
    title: 'another port of an address that is allowed with one port',
    ...named('http://127.0.0.1:FORBIDDEN/'),
    is: 'unreachable',
  },
  {
    title: 'the mapped form of an address that is allowed',
    ...named('http://[::ffff:127.0.0.1]:SERVER/'),
    is: 'unreachable',
  },

  // Names, and what they are said to be.
  ...[
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['10.0.0.1', '192.168.0.1'],
    ['169.254.169.254'],
    ['fe80::1%lo'],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::'],
    ['127.1'],
    [''],
    [],
  ].map(
    (addresses): Case => ({
      title: `a name whose addresses are ${JSON.stringify(addresses)}`,
      ...named('http://name.test:FORBIDDEN/'),
      http: { lookup: resolving(addresses) },
      is: 'unreachable',
    }),
  ),
  {
    title: 'a name that is an address that is allowed',
    effect: ({ server }) => get(`http://name.test:${server.port}/`),
    http: { lookup: resolving(['127.0.0.1']) },
    is: { body: 'ok' },
  },
  {
    title: 'a name with refused addresses beside one that is allowed, which alone is used',
    effect: ({ server }) => get(`http://name.test:${server.port}/`),
    http: { lookup: resolving(['::1', '127.0.0.2', '127.0.0.1', '10.0.0.1']) },
    is: { body: 'ok' },
  },
  {
    title: 'a name that is another address when it is asked for again',
    effect: ({ server }) => get(`http://name.test:${server.port}/`),
    http: { lookup: resolving(['127.0.0.1'], ['127.0.0.2']) },
    is: { body: 'ok' },
  },
  {
    title: 'a name that is another address after a redirect',
    effect: ({ server }) => get(`http://name.test:${server.port}/`),
    route: routes({ '/': redirect('/done'), '/done': text('done') }),
    http: { lookup: resolving(['127.0.0.1'], ['127.0.0.2']) },
    is: 'unreachable',
  },
  {
    title: 'a name that does not exist',
    ...named('http://name.test:FORBIDDEN/'),
    http: {
      lookup: () => {
        throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
      },
    },
    is: 'unreachable',
  },
  {
    title: 'a name about which nonsense is said',
    ...named('http://name.test:FORBIDDEN/'),
    http: { lookup: (() => [null, 1, '127.0.0.1']) as never },
    is: 'unreachable',
  },
  {
    title: 'a name about which nothing is ever said',
    ...named('http://name.test:FORBIDDEN/'),
    http: { lookup: () => new Promise(() => {}), timeoutMs: 50 },
    is: 'timedOut',
  },
  {
    title: 'a port at which nobody listens',
    ...named('http://127.0.0.1:1/'),
    http: { allowPrivate: ['127.0.0.1:1'] },
    is: 'unreachable',
  },

  // Redirects.
  ...[301, 302, 303, 307, 308].map(
    (status): Case => ({
      title: `a redirect with ${status}`,
      leadsTo: ['/done', status],
      is: { body: 'done' },
      requests: 2,
    }),
  ),
  ...[300, 304, 305, 399].map(
    (status): Case => ({
      title: `a ${status}, which is no redirect`,
      leadsTo: ['/done', status],
      is: { body: '', status },
    }),
  ),
  {
    title: 'a redirect to nowhere, which is an answer',
    route: response('', { status: 302 }),
    is: { body: '', status: 302 },
  },
  {
    title: 'a redirect to two places',
    route: response('', { status: 302, headers: ['location: /a', 'location: /b'] }),
    is: 'refusedRedirect',
  },
  {
    title: 'a redirect to the same place for ever',
    route: redirect('/'),
    is: 'tooManyRedirects',
    requests: 6,
  },
  {
    title: 'five redirects',
    route: (socket, request) => {
      const hop = Number(request.path.slice(1))
      ;(hop < 5 ? redirect(`/${hop + 1}`) : text('done'))(socket, request)
    },
    is: { body: 'done' },
    requests: 6,
  },
  {
    title: 'twenty redirects',
    route: (socket, request) => {
      const hop = Number(request.path.slice(1))
      ;(hop < 20 ? redirect(`/${hop + 1}`) : text('done'))(socket, request)
    },
    is: 'tooManyRedirects',
    requests: 6,
  },
  {
    title: 'a redirect where none is to be followed',
    leadsTo: ['/done'],
    http: { maxRedirects: 0 },
    is: 'tooManyRedirects',
  },
  ...[
    'http://127.0.0.1:FORBIDDEN/',
    '//127.0.0.1:FORBIDDEN/',
    'http://0x7f.1:FORBIDDEN/',
    'http://[::1]:FORBIDDEN/',
    'http://[::ffff:127.0.0.1]:FORBIDDEN/',
    'http://localhost:FORBIDDEN/',
    'http://169.254.169.254/',
    'http://10.0.0.1/',
    'https://127.0.0.1:FORBIDDEN/',
  ].map(
    (location): Case => ({
      title: `a redirect to ${location}`,
      leadsTo: [location],
      is: 'unreachable',
    }),
  ),
  ...[
    'file:///etc/passwd',
    'ftp://127.0.0.1:FORBIDDEN/',
    'data:text/plain,x',
    'javascript:alert(1)',
    'http://user@127.0.0.1:SERVER/done',
    'http://user:secret@127.0.0.1:SERVER/done',
    'http://[::1',
  ].map(
    (location): Case => ({
      title: `a redirect to ${location}`,
      leadsTo: [location],
      is: 'refusedRedirect',
    }),
  ),

  // Headers.
  ...(
    [
      ['host', 'evil.test'],
      ['Host', 'evil.test'],
      ['connection', 'close'],
      ['content-length', '0'],
      ['Transfer-Encoding', 'chunked'],
      ['te', 'trailers'],
      ['trailer', 'x'],
      ['upgrade', 'h2c'],
      ['expect', '100-continue'],
      ['keep-alive', 'timeout=1'],
      ['proxy-authorization', 'Basic x'],
      ['Proxy-Connection', 'close'],
      ['accept-encoding', 'zstd'],
      ['x', 'a\r\nhost: evil.test'],
      ['x', 'a\nb'],
      ['x', 'a\0b'],
      ['x', 'ä€'],
      ['a\r\nhost', 'evil.test'],
      ['a b', 'x'],
      ['a:', 'x'],
      ['', 'x'],
      ['x', 'y'.repeat(20_000)],
    ] satisfies Header[]
  ).map(
    ([name, value]): Case => ({
      title: `a header ${JSON.stringify(name)} of ${JSON.stringify(value.slice(0, 30))}`,
      effect: ({ server }) => get(server.origin, [[name, value]]),
      is: 'invalidRequest',
      requests: 0,
    }),
  ),
  {
    title: 'more headers than anybody needs',
    effect: ({ server }) =>
      get(
        server.origin,
        Array.from({ length: 65 }, (_, index) => [`x-${index}`, '']),
      ),
    is: 'invalidRequest',
    requests: 0,
  },
  {
    title: 'a content type that would be two headers',
    effect: ({ server }) => post(server.origin, 'x', [], 'text/plain\r\nx: y'),
    is: 'invalidRequest',
    requests: 0,
  },

  // Responses that are broken, slow or too large.
  { title: 'nothing at all', route: raw(''), is: 'broken' },
  { title: 'no HTTP', route: raw('SSH-2.0-OpenSSH_9.9\r\n'), is: 'broken' },
  { title: 'another version of HTTP', route: raw('HTTP/9.9 200 x\r\n\r\n'), is: 'broken' },
  { title: 'a status that is none', route: raw('HTTP/1.1 99999 x\r\n\r\n'), is: 'broken' },
  { title: 'a connection that is reset', route: socket => void socket.resetAndDestroy(), is: 'broken' },
  {
    title: 'a connection that is reset in the middle of a body',
    route: socket =>
      socket.write('HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\nabc', () => socket.resetAndDestroy()),
    is: 'broken',
  },
  { title: 'half a body', route: raw('HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\nabc'), is: 'broken' },
  {
    title: 'half the chunks',
    route: raw('HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n'),
    is: 'broken',
  },
  {
    title: 'chunks of no size',
    route: raw('HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n'),
    is: 'broken',
  },
  {
    title: 'chunks larger than they say',
    route: raw('HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n'),
    is: 'broken',
  },
  {
    title: 'two lengths',
    route: raw('HTTP/1.1 200 x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
    is: 'broken',
  },
  {
    title: 'chunks and a length',
    route: raw(
      'HTTP/1.1 200 x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    ),
    is: 'broken',
  },
  {
    title: 'a switch to another protocol',
    route: raw('HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    is: 'broken',
  },
  {
    title: 'endless headers',
    route: endless('HTTP/1.1 200 x\r\n', `x: ${'y'.repeat(1000)}\r\n`),
    is: 'broken',
  },
  { title: 'an endless header', route: endless('HTTP/1.1 200 x\r\nx: ', 'y'.repeat(1000)), is: 'broken' },
  { title: 'an endless body', route: endless('HTTP/1.1 200 x\r\n\r\n', 'x'.repeat(65_536)), is: 'tooLarge' },
  {
    title: 'endless chunks',
    route: endless('HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n', `400\r\n${'x'.repeat(1024)}\r\n`),
    is: 'tooLarge',
  },
  {
    title: 'a body that is said to be large',
    route: stalled('HTTP/1.1 200 x\r\ncontent-length: 999999999999\r\n\r\n'),
    is: 'tooLarge',
  },
  { title: 'a body of 5 MiB', route: response(big, textType), is: 'tooLarge' },
  {
    title: 'a body of 4 MiB',
    route: response(big.slice(0, 4 * 2 ** 20)),
    is: { body: big.slice(0, 4 * 2 ** 20) },
  },
  {
    title: 'a body of as many bytes as there may be',
    route: text('12345'),
    http: { maxResponseBytes: 5 },
    is: { body: '12345' },
  },
  {
    title: 'a body of one byte more',
    route: text('123456'),
    http: { maxResponseBytes: 5 },
    is: 'tooLarge',
  },
  { title: 'no answer', route: stalled(), http: { timeoutMs: 50 }, is: 'timedOut' },
  {
    title: 'half an answer',
    route: stalled('HTTP/1.1 200 x\r\n'),
    http: { timeoutMs: 50 },
    is: 'timedOut',
  },
  {
    title: 'half a body and then nothing',
    route: stalled('HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\nabc'),
    http: { timeoutMs: 50 },
    is: 'timedOut',
  },
  {
    title: 'half a compressed body and then nothing',
    route: socket => {
      socket.write('HTTP/1.1 200 x\r\ncontent-encoding: gzip\r\n\r\n')
      socket.write(gzipSync('ok').subarray(0, 12))
    },
    http: { timeoutMs: 50 },
    is: 'timedOut',
  },
  {
    title: 'answers without end that only say that one comes',
    route: endless('', 'HTTP/1.1 103 x\r\n\r\n'.repeat(1000)),
    is: 'tooLarge',
  },
  {
    title: 'chunks that say endlessly what they are',
    route: endless('HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n1', `;a=${'b'.repeat(65_536)}`),
    is: 'tooLarge',
  },
  {
    title: 'chunks of one byte without end',
    route: endless('HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n'.repeat(1000)),
    http: { maxResponseBytes: 100_000 },
    is: 'tooLarge',
  },
  {
    title: 'a server that waits while TLS is to begin',
    effect: ({ server }) => get(`https://127.0.0.1:${server.port}/`),
    http: { connectTimeoutMs: 50 },
    is: 'timedOut',
    requests: 0,
  },

  // Compressed bodies.
  ...(
    [
      ['gzip', gzipSync],
      ['x-gzip', gzipSync],
      ['GZIP', gzipSync],
      ['deflate', deflateSync],
      ['deflate', deflateRawSync],
      ['br', brotliCompressSync],
      ['identity', Buffer.from],
      ['', Buffer.from],
    ] as [string, (text: string) => Buffer][]
  ).flatMap(([encoding, compress]): Case[] => [
    {
      title: `a body that is compressed with ${encoding || 'nothing'}, by ${compress.name}`,
      route: response(compress('compressed ä'), { headers: [`content-encoding: ${encoding}`] }),
      is: { body: 'compressed ä' },
    },
    {
      title: `a bomb that is compressed with ${encoding || 'nothing'}, by ${compress.name}`,
      route: response(compress(big), { headers: [`content-encoding: ${encoding}`] }),
      is: 'tooLarge',
    },
  ]),
  {
    title: 'a bomb without end',
    route: endless('HTTP/1.1 200 x\r\ncontent-encoding: gzip\r\n\r\n', gzipSync(Buffer.alloc(2 ** 20))),
    is: 'tooLarge',
  },
  {
    title: 'a body that is compressed twice',
    route: response(gzipSync(gzipSync('x')), { headers: ['content-encoding: gzip, gzip'] }),
    is: 'unknownEncoding',
  },
  {
    title: 'a body that is compressed in a way that nobody knows',
    route: response('x', { headers: ['content-encoding: zork'] }),
    is: 'unknownEncoding',
  },
  {
    title: 'a body that is not compressed as it says',
    route: response('plain', { headers: ['content-encoding: gzip'] }),
    is: 'broken',
  },
  {
    title: 'a compressed body that breaks off',
    route: response(gzipSync('compressed').subarray(0, 20), { headers: ['content-encoding: gzip'] }),
    is: 'broken',
  },
  {
    title: 'a compressed body of nothing',
    route: response('', { headers: ['content-encoding: gzip'] }),
    is: { body: '' },
  },

  // Text, and what is none.
  ...(
    [
      [undefined, Buffer.from('ä€😀'), 'ä€😀'],
      ['text/html', Buffer.from('ä€😀'), 'ä€😀'],
      ['text/plain; charset=utf-8', Buffer.from('\ufeffä'), 'ä'],
      ['text/plain; charset=ISO-8859-1', Buffer.from('ä', 'latin1'), 'ä'],
      ['text/plain; charset="windows-1252"', Buffer.from([0x80]), '€'],
      ['text/plain; charset=latin1', Buffer.from([0x80, 0x93, 0x9f, 0xe4]), '€“Ÿä'],
      ['text/plain; charset=utf-16le', Buffer.from('ä', 'utf16le'), 'ä'],
      ['text/plain; charset=shift_jis', Buffer.from([0x82, 0xa0]), 'あ'],
      ['text/plain; charset=iso-8859-1', Buffer.from('\ufeffä'), 'ä'],
      ['application/json', Buffer.from('{"a":1}'), '{"a":1}'],
      ['application/octet-stream', Buffer.from('text after all'), 'text after all'],
      ['image/svg+xml', Buffer.from('<svg/>'), '<svg/>'],
      ['nonsense', Buffer.from('text'), 'text'],
      ['image/png', Buffer.alloc(0), ''],
    ] as [string | undefined, Buffer, string][]
  ).map(
    ([type, bytes, body]): Case => ({
      title: `text of type ${type}: ${bytes.toString('hex')}`,
      route: response(bytes, { headers: type === undefined ? [] : [`content-type: ${type}`] }),
      is: { body },
    }),
  ),
  ...(
    [
      [undefined, Buffer.from([0xff])],
      ['text/plain', Buffer.from('ä', 'latin1')],
      ['text/plain', Buffer.from([0xc0, 0x80])],
      ['text/plain', Buffer.from([0xed, 0xa0, 0x80])],
      ['text/plain', Buffer.from('a\0b')],
      ['application/octet-stream', Buffer.from('89504e470d0a1a0a0000', 'hex')],
      ['application/json; charset=utf-16le', Buffer.from([0x00, 0xd8])],
      ['image/png', Buffer.from('text')],
      ['audio/mpeg', Buffer.from('text')],
      ['VIDEO/mp4', Buffer.from('text')],
      ['font/woff', Buffer.from('text')],
    ] as [string | undefined, Buffer][]
  ).map(
    ([type, bytes]): Case => ({
      title: `what is no text, of type ${type}: ${bytes.toString('hex')}`,
      route: response(bytes, { headers: type === undefined ? [] : [`content-type: ${type}`] }),
      is: 'notText',
    }),
  ),
  {
    title: 'text in a charset that nobody knows',
    route: response('x', { headers: ['content-type: text/plain; charset=utf-7'] }),
    is: 'unknownEncoding',
  },
]

describe('a plugin asks for', () => {
  test.each(cases)('$title', async ({ effect, route, leadsTo, http, granted, is, requests = 1 }) => {
    // On all addresses: none of them is to see a request.
    const forbidden = await TestServer.start(text('secret'), { host: '::' })
    let answer = route ?? text('ok')
    const server = await TestServer.start((socket, request) => answer(socket, request))
    const servers = { server, forbidden }
    if (leadsTo !== undefined) {
      const [location, status] = leadsTo
      answer = routes({ '/': redirect(at(location, servers), status), '/done': text('done') })
    }
    const options: HttpOptions = {
      allowPrivate: [`127.0.0.1:${server.port}`],
      timeoutMs: 10_000,
      lookup: resolving(['127.0.0.1']),
      ...http,
    }
    const asked = effect?.(servers) ?? get(`${server.origin}/`)
    const { result, reason } = await perform(asked, { http: options }, { granted: granted?.(servers) })
    if (typeof is === 'string') {
      expect({ reason, type: result.type }).toEqual({ reason: is, type: 'error' })
    } else {
      expect(result).toMatchObject({ type: 'http', status: is.status ?? 200, body: is.body })
    }
    expect(server.requests.length).toBe(requests)
    expect(forbidden.connections).toBe(0)
    await server.until(() => server.open === 0)
  })
})

function at(url: string, { server, forbidden }: Servers): string {
  return url.replaceAll('SERVER', `${server.port}`).replaceAll('FORBIDDEN', `${forbidden.port}`)
}
