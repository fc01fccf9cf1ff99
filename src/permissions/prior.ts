import { type Anchors, common, missing } from '../capabilities.js'
import type { Capabilities } from '../manifest.js'
import { type PermissionGrant, sameCode } from './grant.js'
import { placeOf } from './place.js'
import type { PermissionRequest } from './request.js'
import type { PriorGrant } from './strategy.js'

/** What grants for a command say about a request: those of this code before others, then the latest. */
export function priorOf(
  grants: readonly PermissionGrant[],
  request: PermissionRequest,
): PriorGrant | undefined {
  const [grant] = grants.toSorted(
    (a, b) => closeness(b, request) - closeness(a, request) || b.grantedAt.localeCompare(a.grantedAt),
  )
  if (grant === undefined) return undefined
  const isUpdate = grant.path !== undefined && grant.path === request.path
  return {
    grant,
    of: grant.digest === request.digest ? 'same' : isUpdate ? 'update' : 'other',
    kept: common(grant.granted, request.capabilities),
    added: missing(grant.requested, request.capabilities),
  }
}

/** A decision about a request as a store keeps it: `anchors` are where relative paths led when it was made. */
export function grantFor(
  { command, digest, capabilitiesHash, path, capabilities }: PermissionRequest,
  granted: Capabilities,
  expiresAt: string | undefined,
  anchors: Anchors,
): PermissionGrant {
  return {
    command,
    digest,
    capabilitiesHash,
    ...(path === undefined ? {} : { path }),
    ...placeOf(capabilities, anchors),
    requested: capabilities,
    granted,
    grantedAt: new Date().toJSON(),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

function closeness(grant: PermissionGrant, request: PermissionRequest): number {
  if (sameCode(grant, request)) return 3
  if (grant.digest === request.digest) return 2
  return grant.path !== undefined && grant.path === request.path ? 1 : 0
}
