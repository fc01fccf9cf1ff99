import { invalidArgument } from './errors.js'
import { InvalidValue } from './invalid-value.js'
import type { Capabilities, NetPattern, PathPattern } from './manifest.js'
import * as addon from './native.js'

/**
 * Capabilities as a person or a program writes them down: what is left out is nothing, a path without
 * `recursive` is one directory, and a host without `protocol` is reached by https.
 */
export interface CapabilitiesInput {
  /** Files to be read. */
  readonly fsRead?: readonly (Omit<PathPattern, 'recursive'> & Partial<PathPattern>)[]
  /** Files to be read and written. */
  readonly fsWrite?: readonly (Omit<PathPattern, 'recursive'> & Partial<PathPattern>)[]
  /** Variables: names, or a prefix of at least three characters and `*`. */
  readonly envRead?: readonly string[]
  /** Servers that effects of HTTP may go to. */
  readonly net?: readonly (Omit<NetPattern, 'protocol'> & Partial<NetPattern>)[]
  /** Standard streams. */
  readonly stdio?: { readonly stdin?: boolean; readonly stdout?: boolean; readonly stderr?: boolean }
}

/** @internal Where relative paths and `~/` lead when paths are compared. Absolute. */
export interface Anchors {
  readonly workingDirectory: string
  readonly home: string
}

/** @internal No capabilities at all. */
export const NO_CAPABILITIES: Capabilities = Object.freeze({
  fsRead: Object.freeze([]),
  fsWrite: Object.freeze([]),
  envRead: Object.freeze([]),
  net: Object.freeze([]),
  stdio: Object.freeze({ stdin: false, stdout: false, stderr: false }),
})

// There is one implementation of each of these questions, in Rust. Its declarations know nothing of `readonly`.

/** @internal The items of a request that a grant does not cover. */
export function missing(grant: Capabilities, request: Capabilities): Capabilities {
  return addon.native().capabilitiesMissing(mutable(grant), mutable(request))
}

/**
 * @internal What both a grant and a request allow: items of the request, and of the grant where only part of an item was
 * granted. Never more than was requested.
 */
export function common(grant: Capabilities, request: Capabilities): Capabilities {
  return addon.native().capabilitiesCommon(mutable(grant), mutable(request))
}

/** @internal The items of a request that have anything in common with a deny list. */
export function overlapping(deny: Capabilities, request: Capabilities, anchors: Anchors): Capabilities {
  const { workingDirectory, home } = anchors
  return addon.native().capabilitiesOverlapping(mutable(deny), mutable(request), workingDirectory, home)
}

/** @internal Whether a grant lets a plugin contact a host, spelled as in a URL. */
export function allowsNet(
  grant: Capabilities,
  protocol: 'http' | 'https',
  host: string,
  port: number,
): boolean {
  return addon.native().capabilitiesAllowNet(mutable(grant), protocol, host, port)
}

/** @internal Which directories it depends on what paths of capabilities mean. */
export function startsFrom(capabilities: Capabilities): addon.StartsFrom {
  return addon.native().capabilitiesStartFrom(mutable(capabilities))
}

/** @internal Identifies capabilities however they are spelled. */
export function hashOf(capabilities: Capabilities): string {
  return addon.native().capabilitiesHash(mutable(capabilities))
}

/** @internal Everything that either of the two has, spelled canonically. */
export function union(a: Capabilities, b: Capabilities): Capabilities {
  return addon.native().capabilitiesNormalized({
    fsRead: [...a.fsRead, ...b.fsRead],
    fsWrite: [...a.fsWrite, ...b.fsWrite],
    envRead: [...a.envRead, ...b.envRead],
    net: [...a.net, ...b.net],
    stdio: {
      stdin: a.stdio.stdin || b.stdio.stdin,
      stdout: a.stdio.stdout || b.stdio.stdout,
      stderr: a.stdio.stderr || b.stdio.stderr,
    },
  })
}

/** @internal The items of a request that are not among these, which are some of its own. */
export function without(request: Capabilities, some: Capabilities): Capabilities {
  const others = <T extends object | string>(all: readonly T[], gone: readonly T[]): readonly T[] => {
    const keys = new Set(gone.map(item => JSON.stringify(item)))
    return all.filter(item => !keys.has(JSON.stringify(item)))
  }
  const paths = (patterns: readonly PathPattern[]) =>
    patterns.map(({ pattern, recursive }) => ({ pattern, recursive }))
  const hosts = (patterns: readonly NetPattern[]) =>
    patterns.map(({ host, port, protocol }) => ({ host, ...(port == null ? {} : { port }), protocol }))
  return {
    fsRead: others(paths(request.fsRead), paths(some.fsRead)),
    fsWrite: others(paths(request.fsWrite), paths(some.fsWrite)),
    envRead: others(request.envRead, some.envRead),
    net: others(hosts(request.net), hosts(some.net)),
    stdio: {
      stdin: request.stdio.stdin && !some.stdio.stdin,
      stdout: request.stdio.stdout && !some.stdio.stdout,
      stderr: request.stdio.stderr && !some.stdio.stderr,
    },
  }
}

/** @internal Where the path of a pattern leads. */
export function absolutePath(pattern: string, { workingDirectory, home }: Anchors): string {
  return addon.native().absolutePath(pattern, workingDirectory, home)
}

/**
 * @internal Capabilities that came from outside, complete and frozen.
 *
 * @throws {InvalidValue} For the first thing that is wrong.
 */
export function readCapabilities(value: unknown): Capabilities {
  return read(value, 'https')
}

/**
 * @internal The same for a deny list, where a host without a protocol is denied over any: to leave one out must not leave
 * it open in the clear.
 *
 * @throws {InvalidValue} For the first thing that is wrong.
 */
export function readDenied(value: unknown): Capabilities {
  return read(value, 'tcp')
}

function read(value: unknown, absentProtocol: NetPattern['protocol']): Capabilities {
  const { fsRead, fsWrite, envRead, net, stdio } = record(value, [], KEYS)
  const capabilities: Capabilities = {
    fsRead: list(fsRead, ['fsRead'], pathPattern),
    fsWrite: list(fsWrite, ['fsWrite'], pathPattern),
    envRead: list(envRead, ['envRead'], text),
    net: list(net, ['net'], (value, path) => netPattern(value, path, absentProtocol)),
    stdio: streams(stdio, ['stdio']),
  }
  const invalid = addon.native().capabilitiesInvalid(mutable(capabilities))
  if (invalid != null) throw new InvalidValue(pathOf(invalid.field), invalid.reason)
  return capabilities
}

/** @internal The same for an option: what is wrong is `ERR_INVALID_ARG`. */
export function checkDenied(value: unknown, path: string): Capabilities {
  try {
    return readDenied(value)
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error
    const [key] = error.path
    const name = key === undefined ? undefined : String(key)
    throw invalidArgument([path, ...error.path].join('.'), error.message, name)
  }
}

const KEYS = ['fsRead', 'fsWrite', 'envRead', 'net', 'stdio']
const STREAMS = ['stdin', 'stdout', 'stderr'] as const
const PROTOCOLS = ['https', 'http', 'tcp'] as const
const MAX_PORT = 65_535

type Path = readonly (string | number)[]

function pathPattern(value: unknown, path: Path): PathPattern {
  const { pattern, recursive } = record(value, path, ['pattern', 'recursive'])
  return Object.freeze({
    pattern: text(pattern, [...path, 'pattern']),
    recursive: flag(recursive, [...path, 'recursive']),
  })
}

function netPattern(value: unknown, path: Path, absentProtocol: NetPattern['protocol']): NetPattern {
  const { host, port, protocol = absentProtocol } = record(value, path, ['host', 'port', 'protocol'])
  const known = PROTOCOLS.find(name => name === protocol)
  if (known === undefined)
    throw new InvalidValue([...path, 'protocol'], `must be one of: ${PROTOCOLS.join(', ')}`)
  if (port !== undefined && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) <= MAX_PORT))
    throw new InvalidValue([...path, 'port'], `must be a whole number from 0 to ${MAX_PORT}`)
  return Object.freeze({
    host: text(host, [...path, 'host']),
    ...(port === undefined ? {} : { port: Number(port) }),
    protocol: known,
  })
}

function streams(value: unknown, path: Path): Capabilities['stdio'] {
  if (value === undefined) return NO_CAPABILITIES.stdio
  const { stdin, stdout, stderr } = record(value, path, STREAMS)
  return Object.freeze({
    stdin: flag(stdin, [...path, 'stdin']),
    stdout: flag(stdout, [...path, 'stdout']),
    stderr: flag(stderr, [...path, 'stderr']),
  })
}

function list<T>(value: unknown, path: Path, item: (value: unknown, path: Path) => T): readonly T[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new InvalidValue(path, 'must be an array')
  return Object.freeze(Array.from(value, (one, index) => item(one, [...path, index])))
}

function record(value: unknown, path: Path, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidValue(path, 'must be an object')
  for (const key of Object.keys(value)) {
    if (!keys.includes(key))
      throw new InvalidValue([...path, key], `is not known here. There are: ${keys.join(', ')}`)
  }
  return value as Record<string, unknown>
}

function text(value: unknown, path: Path): string {
  if (typeof value !== 'string') throw new InvalidValue(path, 'must be a string')
  return value
}

function flag(value: unknown, path: Path): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') throw new InvalidValue(path, 'must be true or false')
  return value
}

/** `fsRead[2].pattern` as keys and indices. */
function pathOf(field: string): Path {
  return field.split(/[.[\]]+/).flatMap(part => (part === '' ? [] : /^\d+$/.test(part) ? Number(part) : part))
}

function mutable(capabilities: Capabilities): addon.Capabilities {
  return capabilities as addon.Capabilities
}
