import { homedir } from 'node:os'
import { InvalidArgumentError } from 'commander'
import { hashOf, missing, NO_CAPABILITIES, startsFrom } from '../capabilities.js'
import {
  type Capabilities,
  FilePermissionStore,
  type PermissionGrant,
  PluginLoader,
  type PluginLoaderOptions,
} from '../index.js'
import { asksForNothing } from '../manifest.js'
import { parseDate } from '../permissions/date.js'
import { permissionsFile } from '../permissions/file-store.js'
import { placeOf } from '../permissions/place.js'
import { UsageError } from './failure.js'

/** A part of what a plugin asks for. */
export type GrantKind = (typeof KINDS)[number]

export const KINDS = ['fs-read', 'fs-write', 'env', 'net', 'stdio'] as const

/** The store in a file, or sen's own. */
export function permissionStore(file: string | undefined): FilePermissionStore {
  return new FilePermissionStore(file ?? permissionsFile('sen'))
}

/** What was granted to a command, or to some code. */
export function givenGrants(store: FilePermissionStore, which: string): readonly PermissionGrant[] {
  return store.list().filter(({ command, digest }) => command === which || digest === which)
}

/** What was decided against. */
export function refusedOf({ requested, granted }: PermissionGrant): Capabilities {
  return missing(granted, requested)
}

/** Where a grant holds, in words. */
export function placeText({ requested, workingDirectory, home }: PermissionGrant): string {
  const starts = startsFrom(requested)
  if (starts.workingDirectory !== (workingDirectory !== undefined) || starts.home !== (home !== undefined))
    return 'nowhere'
  const places = [
    ...(workingDirectory === undefined ? [] : [workingDirectory]),
    ...(home === undefined ? [] : [`the home directory ${home}`]),
  ]
  return places.length === 0 ? 'everywhere' : places.join(', ')
}

/** Grants a plugin's file what its code asks for, or some kinds of that; relative paths as they lead from here. */
export async function grantTo(
  store: FilePermissionStore,
  file: string,
  loading: PluginLoaderOptions,
  { only, until }: { readonly only?: readonly GrantKind[]; readonly until?: Date },
): Promise<PermissionGrant> {
  const { manifest, digest, path } = await new PluginLoader(loading).load(file)
  const { command, capabilities } = manifest
  const granted = only === undefined ? capabilities : part(capabilities, only)
  if (asksForNothing(granted))
    throw new UsageError(`${command.name} asks for nothing${only === undefined ? '' : ' of that kind'}`)
  const grant: PermissionGrant = {
    command: command.name,
    digest,
    capabilitiesHash: hashOf(capabilities),
    ...(path === undefined ? {} : { path }),
    ...placeOf(capabilities, { workingDirectory: process.cwd(), home: homedir() }),
    requested: capabilities,
    granted,
    grantedAt: new Date().toJSON(),
    ...(until === undefined ? {} : { expiresAt: until.toJSON() }),
  }
  await store.put(grant)
  return grant
}

/** A kind of capability, by its name on the command line. */
export function parseKind(text: string): GrantKind {
  const kind = KINDS.find(kind => kind === text)
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of: ${KINDS.join(', ')}.`)
  return kind
}

/** A date that is still to come. */
export function parseUntil(text: string): Date {
  const date = parseDate(text)
  if (date === undefined)
    throw new InvalidArgumentError('It must be a date such as 2030-01-31 or 2030-01-31T12:00:00Z.')
  if (date.getTime() <= Date.now()) throw new InvalidArgumentError('It has passed.')
  return date
}

function part(capabilities: Capabilities, kinds: readonly GrantKind[]): Capabilities {
  const { fsRead, fsWrite, envRead, net, stdio } = capabilities
  const parts: Readonly<Record<GrantKind, Partial<Capabilities>>> = {
    'fs-read': { fsRead },
    'fs-write': { fsWrite },
    env: { envRead },
    net: { net },
    stdio: { stdio },
  }
  return Object.assign({}, NO_CAPABILITIES, ...kinds.map(kind => parts[kind]))
}
