import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Deadline, withSignal } from '../../abort.js'
import { EffectFailure } from '../failure.js'
import { parseAddress } from './addresses.js'
import type { Target } from './target.js'

export interface SocketOptions {
  /** Milliseconds for connecting, TLS included. */
  readonly connectTimeoutMs: number
  /** Certificates, in PEM, of the authorities that are trusted; those that Node trusts where absent. */
  readonly ca: readonly string[] | undefined
  readonly signal: AbortSignal
}

/** A connection to one of the addresses that were checked, and to which of them. */
export interface CheckedSocket {
  readonly socket: Socket
  readonly address: string
}

/**
 * Connects to one of these addresses, and to nothing else: the name is not looked up again. With
 * TLS, who answers there has to prove that it is the host of that name.
 *
 * @throws {EffectFailure} `unreachable`, `insecure` or `timedOut`.
 */
export async function openSocket(
  target: Target,
  addresses: readonly string[],
  { connectTimeoutMs, ca, signal }: SocketOptions,
): Promise<CheckedSocket> {
  const url = target.url.href
  const deadline = new Deadline(signal, connectTimeoutMs, () => {
    const message = `${target.host} did not answer within ${connectTimeoutMs} ms: effects.http.connectTimeoutMs`
    return new EffectFailure(message, { reason: 'timedOut', url, addresses })
  })
  try {
    const plain = await openPlain(target, addresses, deadline.signal)
    const address = plain.remoteAddress ?? ''
    if (!addresses.includes(String(parseAddress(address)))) {
      plain.destroy()
      const message = `connected to ${address}, which was not checked`
      throw new EffectFailure(message, { reason: 'unreachable', url, addresses })
    }
    const socket = target.protocol === 'https' ? await secure(plain, target, ca, deadline.signal) : plain
    return { socket, address }
  } finally {
    deadline.clear()
  }
}

async function openPlain(
  { url, host, port }: Target,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<Socket> {
  const found = addresses.map(address => ({ address, family: isIP(address) }))
  const socket = connect({
    // Any name will do: what it stands for is known. One address after the other is tried.
    host: 'checked.invalid',
    port,
    lookup: (_, __, callback) => callback(null, found),
    autoSelectFamily: true,
    noDelay: true,
  })
  try {
    return await opened(socket, 'connect', signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw new EffectFailure(`${host} could not be reached`, {
      reason: 'unreachable',
      url: url.href,
      addresses,
      cause,
    })
  }
}

async function secure(
  plain: Socket,
  { url, host }: Target,
  ca: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const name = host.replace(/^\[(.*)\]$/, '$1')
  const socket = connectTls({
    socket: plain,
    // What the certificate is checked against. A server is never asked for an address by name.
    host: name,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ALPNProtocols: ['http/1.1'],
    ...(ca === undefined ? {} : { ca: [...ca] }),
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  })
  try {
    return await opened(socket, 'secureConnect', signal)
  } catch (cause) {
    plain.destroy()
    signal.throwIfAborted()
    const message = `no secure connection to ${host} could be made`
    throw new EffectFailure(message, { reason: 'insecure', url: url.href, cause })
  }
}

/** Waits until a socket is open; one that does not come to that is destroyed. */
async function opened<T extends Socket>(
  socket: T,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<T> {
  const open = new Promise<void>((resolve, reject) => {
    socket
      .once(event, resolve)
      // Kept: an error that comes when nobody waits any more is no exception.
      .on('error', reject)
      .once('close', () => reject(new Error('the connection was closed')))
  })
  // Nobody waits for it where the signal was aborted before.
  open.catch(() => {})
  try {
    await withSignal(signal, () => open)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}
