import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer } from 'node:tls'
import { onTestFinished } from 'vitest'

/** What came of a connection's first request. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  /** Names in lower case; of several with one name, the last. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Answers a request, byte by byte if it likes; a connection is one request. */
export type Route = (socket: Socket, request: SeenRequest) => void

interface ServerOptions {
  readonly host?: string
  readonly tls?: { readonly key: string; readonly cert: string }
  /** What it says before it is asked. */
  readonly greeting?: string
}

/** A server on this machine that does as a test tells it, and counts who comes. */
export class TestServer {
  readonly port: number
  readonly requests: SeenRequest[] = []
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #hear = () => {}

  private constructor(server: Server) {
    this.#server = server
    const address = server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Listens until the test is over: on 127.0.0.1, or on every address there is. */
  static async start(
    route: Route = text('ok'),
    { host = '127.0.0.1', tls, greeting }: ServerOptions = {},
  ): Promise<TestServer> {
    let started: TestServer | undefined
    const accept = (socket: Socket) => started?.accept(socket, route)
    const server = tls === undefined ? createServer(accept) : createSecureServer(tls, accept)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, host, resolve)
    })
    const test = new TestServer(server)
    started = test
    // Of TLS, those that fail before there is a request are counted too.
    server.on('connection', socket => {
      test.count(socket)
      if (greeting !== undefined) socket.write(greeting)
    })
    onTestFinished(() => test.close())
    return test
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** What the connections that are open now amount to. */
  get open(): number {
    return this.#sockets.size
  }

  /** Waits until something has come or gone, and this holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>(resolve => {
        this.#hear = resolve
      })
    }
  }

  count(socket: Socket): void {
    this.connections += 1
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#hear()
    })
    this.#hear()
  }

  accept(socket: Socket, route: Route): void {
    let received = Buffer.alloc(0)
    const hear = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const request = parse(received)
      if (request === undefined) return
      socket.off('data', hear)
      socket.resume()
      this.requests.push(request)
      this.#hear()
      route(socket, request)
    }
    socket.on('error', () => {}).on('data', hear)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** A response with this body, and whatever else it is to say. */
export function response(
  body: string | Uint8Array,
  { status = 200, headers = [] }: { status?: number; headers?: readonly string[] } = {},
): Route {
  const bytes = Buffer.from(body)
  const head = [`HTTP/1.1 ${status} x`, `content-length: ${bytes.length}`, ...headers, '', '']
  return socket => void socket.end(Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes]))
}

/** A response of plain text. */
export function text(body: string): Route {
  return response(body, { headers: ['content-type: text/plain'] })
}

/** A redirect to another place. */
export function redirect(location: string, status = 302): Route {
  return response('', { status, headers: [`location: ${location}`] })
}

/** These bytes, and then the end. */
export function raw(bytes: string): Route {
  return socket => void socket.end(bytes, 'latin1')
}

/** These bytes, and then the same ones again for as long as anybody listens. */
export function endless(head: string, piece: string | Uint8Array): Route {
  return socket => {
    const write = () => {
      while (!socket.destroyed && socket.write(piece)) {}
    }
    socket.on('drain', write).write(head)
    write()
  }
}

/** These bytes, and then nothing. */
export function stalled(bytes = ''): Route {
  return socket => void (bytes !== '' && socket.write(bytes))
}

/** One route for each path; the path may be given without what follows a `?`. */
export function routes(table: Readonly<Record<string, Route>>): Route {
  return (socket, request) => {
    const route = table[request.path] ?? table[request.path.split('?')[0] ?? '']
    ;(route ?? response('not found', { status: 404 }))(socket, request)
  }
}

function parse(received: Buffer): SeenRequest | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...lines] = received.toString('latin1', 0, end).split('\r\n')
  const [method = '', path = ''] = line.split(' ')
  const headers = new Map(
    lines.map((header): [string, string] => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
    }),
  )
  const length = Number(headers.get('content-length') ?? 0)
  const body = received.subarray(end + 4)
  return body.length < length ? undefined : { method, path, headers, body: body.toString() }
}
