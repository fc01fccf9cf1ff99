import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { NO_CAPABILITIES, readCapabilities, readDenied } from '../capabilities.js'
import { invalidArgument } from '../errors.js'
import { InvalidValue } from '../invalid-value.js'
import type { Capabilities } from '../manifest.js'
import { modulePath } from '../module-path.js'
import { parseDate } from './date.js'
import { DIGEST } from './grant.js'
import { JsonDocument, JsonProblem } from './json-document.js'

/** What a policy file lists and denies. */
export interface PermissionPolicy {
  /** The file, absolute. */
  readonly file: string
  /** What each plugin gets; what is listed several times adds up. */
  readonly plugins: readonly PolicyEntry[]
  /** What nobody gets, whatever else grants it. */
  readonly deny: Capabilities
}

/** What one plugin gets. It has a digest or a path, or both: a name alone could be any plugin's. */
export interface PolicyEntry {
  /** `blake3:` and the digest of the module. */
  readonly digest?: string
  /** The plugin's file, absolute. */
  readonly path?: string
  /** The command, where only that one is meant. */
  readonly command?: string
  /** What it gets of what it asks for. */
  readonly capabilities: Capabilities
  /** When the entry ends. */
  readonly until?: Date
}

const MAX_BYTES = 2 ** 20
const KEYS = ['$schema', 'version', 'plugins', 'deny']
const ENTRY_KEYS = ['digest', 'path', 'command', 'capabilities', 'until', 'comment']

/**
 * Reads a policy file, as `schemas/permission-policy.schema.json` of this package describes it. It is read once:
 * what is changed in it later counts for whoever reads it again.
 *
 * @throws {PluginHostError} `ERR_INVALID_ARG` with line, column and key of the first thing that is wrong.
 * @throws What the system says of a file that cannot be read.
 */
export function readPermissionPolicy(file: string | URL): PermissionPolicy {
  const path = modulePath(file, 'policyFile')
  try {
    return policyOf(new JsonDocument(read(path)), path)
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error
    const { line, column, key, message } = error
    throw invalidArgument(`${path}:${line}:${column}`, `${key || 'the file'} ${message}`, key || 'policyFile')
  }
}

function read(path: string): string {
  // A pipe that nobody writes to would hold up the process.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile() || stats.size > MAX_BYTES)
      throw invalidArgument(path, `must be a file of at most ${MAX_BYTES} bytes`, 'policyFile')
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

function policyOf(document: JsonDocument, file: string): PermissionPolicy {
  const { $schema, version, plugins = [], deny } = fields(document, document.value, [], KEYS)
  if (version !== 1) throw document.problem(['version'], 'must be 1')
  if ($schema !== undefined && typeof $schema !== 'string')
    throw document.problem(['$schema'], 'must be a string')
  if (!Array.isArray(plugins)) throw document.problem(['plugins'], 'must be an array')
  return {
    file,
    plugins: plugins.map((entry: unknown, index) =>
      entryOf(document, entry, ['plugins', index], dirname(file)),
    ),
    deny: deny === undefined ? NO_CAPABILITIES : capabilitiesOf(document, deny, ['deny'], readDenied),
  }
}

function entryOf(
  document: JsonDocument,
  value: unknown,
  at: readonly (string | number)[],
  directory: string,
): PolicyEntry {
  const { digest, path, command, capabilities, until, comment } = fields(document, value, at, ENTRY_KEYS)
  if (digest === undefined && path === undefined)
    throw document.problem(at, 'must have a "digest" or a "path": a name alone could be any plugin\'s')
  if (digest !== undefined && !(typeof digest === 'string' && DIGEST.test(digest)))
    throw document.problem([...at, 'digest'], 'must be blake3: and 64 hexadecimal digits')
  for (const [key, text] of Object.entries({ path, command, comment })) {
    if (text !== undefined && (typeof text !== 'string' || text === ''))
      throw document.problem([...at, key], 'must be a text')
  }
  if (capabilities === undefined) throw document.problem([...at, 'capabilities'], 'is missing')
  return {
    ...(digest === undefined ? {} : { digest }),
    ...(path === undefined ? {} : { path: resolve(directory, String(path)) }),
    ...(command === undefined ? {} : { command: String(command) }),
    capabilities: capabilitiesOf(document, capabilities, [...at, 'capabilities']),
    ...(until === undefined ? {} : { until: dateOf(document, until, [...at, 'until']) }),
  }
}

function fields(
  document: JsonDocument,
  value: unknown,
  at: readonly (string | number)[],
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw document.problem(at, 'must be an object')
  for (const key of Object.keys(value)) {
    if (!keys.includes(key))
      throw document.problem([...at, key], `is not known here. There are: ${keys.join(', ')}`)
  }
  return value as Record<string, unknown>
}

function capabilitiesOf(
  document: JsonDocument,
  value: unknown,
  at: readonly (string | number)[],
  read = readCapabilities,
): Capabilities {
  try {
    return read(value)
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error
    throw document.problem([...at, ...error.path], error.message)
  }
}

function dateOf(document: JsonDocument, value: unknown, at: readonly (string | number)[]): Date {
  const date = typeof value === 'string' ? parseDate(value) : undefined
  if (date === undefined)
    throw document.problem(at, 'must be a date such as 2030-01-31, or a time such as 2030-01-31T12:00:00Z')
  return date
}
