import { isAbsolute } from 'node:path'
import { readCapabilities } from '../capabilities.js'
import { invalidArgument } from '../errors.js'
import { InvalidValue } from '../invalid-value.js'
import type { Capabilities } from '../manifest.js'
import { arePlacesApart, type GrantPlace, samePlace } from './place.js'

/**
 * How long a grant holds: for this execution, as long as this registry, until it is revoked, or until a date.
 */
export type GrantDuration = 'once' | 'session' | 'always' | { readonly until: Date }

/** What a grant is found by. It belongs to code, never to a command's name alone, and to the place of relative paths. */
export interface PermissionGrantKey extends GrantPlace {
  /** As in `PermissionRequest`. */
  readonly command: string
  /** `blake3:` and the digest of the module. */
  readonly digest: string
  /** Identifies what the plugin declares. */
  readonly capabilitiesHash: string
}

/**
 * A decision as a store keeps it. What was requested and not granted was refused. Where relative paths were requested, it
 * holds in its place and nowhere else, and without a place it holds nowhere.
 */
export interface PermissionGrant extends PermissionGrantKey {
  /** The plugin's file when this was granted, absolute. */
  readonly path?: string
  /** What was decided about. */
  readonly requested: Capabilities
  /** What may be used of it. */
  readonly granted: Capabilities
  /** When it was decided: ISO 8601, in UTC. */
  readonly grantedAt: string
  /** When it ends: ISO 8601, in UTC. Absent: when it is revoked. */
  readonly expiresAt?: string
}

/** @internal The digest of a module, as `LoadedPlugin.digest` has it. */
export const DIGEST = /^blake3:[0-9a-f]{64}$/

const KEYS = [
  'command',
  'digest',
  'capabilitiesHash',
  'path',
  'workingDirectory',
  'home',
  'requested',
  'granted',
  'grantedAt',
  'expiresAt',
]

/**
 * @internal A grant that came from outside, checked and frozen.
 *
 * @throws {InvalidValue} For the first thing that is wrong.
 */
export function readGrant(value: unknown): PermissionGrant {
  if (typeof value !== 'object' || value === null) throw new InvalidValue([], 'must be an object')
  for (const key of Object.keys(value)) {
    if (!KEYS.includes(key)) throw new InvalidValue([key], 'is not known here')
  }
  const { command, digest, capabilitiesHash, path, requested, granted, grantedAt, expiresAt } =
    value as Record<string, unknown>
  const { workingDirectory, home } = value as Record<string, unknown>
  return Object.freeze({
    command: text(command, 'command'),
    digest: matching(digest, 'digest'),
    capabilitiesHash: matching(capabilitiesHash, 'capabilitiesHash'),
    ...(path === undefined ? {} : { path: text(path, 'path') }),
    ...(workingDirectory === undefined
      ? {}
      : { workingDirectory: absolute(workingDirectory, 'workingDirectory') }),
    ...(home === undefined ? {} : { home: absolute(home, 'home') }),
    requested: capabilities(requested, 'requested'),
    granted: capabilities(granted, 'granted'),
    grantedAt: time(grantedAt, 'grantedAt'),
    ...(expiresAt === undefined ? {} : { expiresAt: time(expiresAt, 'expiresAt') }),
  })
}

/** @internal The same for an argument: what is wrong is `ERR_INVALID_ARG`. */
export function checkGrant(value: unknown): PermissionGrant {
  try {
    return readGrant(value)
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error
    throw invalidArgument(['grant', ...error.path].join('.'), error.message)
  }
}

/** @internal Whether two keys are the same. */
export function sameKey(a: PermissionGrantKey, b: PermissionGrantKey): boolean {
  return sameCode(a, b) && samePlace(a, b)
}

/** @internal Whether two keys are of the same code, wherever they hold. */
export function sameCode(a: PermissionGrantKey, b: PermissionGrantKey): boolean {
  return a.command === b.command && a.digest === b.digest && a.capabilitiesHash === b.capabilitiesHash
}

/** @internal Whether a grant holds at this time. */
export function isCurrent({ expiresAt }: PermissionGrant, now: Date): boolean {
  return expiresAt === undefined || now.getTime() < Date.parse(expiresAt)
}

/**
 * @internal Grants with one more, which replaces what it decides anew: of the same code, and of earlier code of the same
 * file under the same command. Those that hold in another place stay.
 */
export function withGrant(grants: readonly PermissionGrant[], grant: PermissionGrant): PermissionGrant[] {
  const isOfFile = (other: PermissionGrant) =>
    other.command === grant.command && other.path !== undefined && other.path === grant.path
  const isReplaced = (other: PermissionGrant) =>
    (sameCode(other, grant) || isOfFile(other)) && !arePlacesApart(other, grant)
  return [...grants.filter(other => !isReplaced(other)), grant]
}

function text(value: unknown, key: string): string {
  if (typeof value !== 'string' || value === '') throw new InvalidValue([key], 'must be a text')
  return value
}

function absolute(value: unknown, key: string): string {
  if (typeof value !== 'string' || !isAbsolute(value))
    throw new InvalidValue([key], 'must be an absolute path')
  return value
}

function matching(value: unknown, key: string): string {
  if (typeof value !== 'string' || !DIGEST.test(value))
    throw new InvalidValue([key], 'must be blake3: and 64 hexadecimal digits')
  return value
}

function time(value: unknown, key: string): string {
  if (typeof value !== 'string' || new Date(value).toJSON() !== value)
    throw new InvalidValue([key], 'must be a time such as 2030-01-31T12:00:00.000Z')
  return value
}

function capabilities(value: unknown, key: string): Capabilities {
  try {
    return readCapabilities(value)
  } catch (error) {
    throw error instanceof InvalidValue ? error.within(key) : error
  }
}
