import { type Anchors, covered, missing, overlapping, readCapabilities, without } from '../capabilities.js'
import { isPluginHostError } from '../errors.js'
import { asksForNothing, type Capabilities } from '../manifest.js'
import { Asker } from './asking.js'
import { type Decided, dateOf } from './decided.js'
import type { PermissionGrant } from './grant.js'
import { GrantMemory, type Remembered } from './grant-memory.js'
import { cannotWait, RECORDS_LATER, refuseLater } from './not-sync.js'
import type { CheckedPermissions } from './options.js'
import { grantFor } from './prior.js'
import type { PermissionRecorder } from './recorder.js'
import type { PermissionRequest } from './request.js'
import type { PermissionDecision, PriorGrant } from './strategy.js'

const NOTHING: Remembered = {}

/**
 * Decides about a request: the deny list first, then trust flags, then the strategy by what is remembered, then whoever is
 * asked. Anchors are where relative paths lead when it begins: what it decides is about these.
 */
export class Decider {
  readonly #permissions: CheckedPermissions
  readonly #recorder: PermissionRecorder
  readonly #memory: GrantMemory

  constructor(permissions: CheckedPermissions, recorder: PermissionRecorder) {
    this.#permissions = permissions
    this.#recorder = recorder
    this.#memory = new GrantMemory(permissions.store)
  }

  /**
   * @param signal - Aborted when nobody waits any more.
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED`.
   */
  async decide(request: PermissionRequest, anchors: Anchors, signal: AbortSignal): Promise<Decided> {
    const allowed = this.#allowed(request, anchors)
    const remembered = await this.#remembered(allowed, anchors)
    const { prior } = remembered
    const decision = await this.#strategy(allowed, prior)
    const decided =
      decision?.type === 'ask'
        ? await new Asker(this.#permissions, this.#memory, this.#recorder, anchors).ask(
            allowed,
            decision,
            remembered,
            signal,
          )
        : this.#settle(allowed, decision, prior)
    if (decided.by === 'update' && prior !== undefined) {
      const isWritten = !this.#memory.isOfSession(prior.grant)
      const grant = this.#takeOver(allowed, decided.granted, prior, anchors)
      if (isWritten) await this.#memory.put(grant)
    }
    await this.#recordGrant(allowed, decided)
    return decided
  }

  /**
   * The same on this thread, which can wait for nobody.
   *
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED`.
   */
  decideAtOnce(request: PermissionRequest, anchors: Anchors): Decided {
    const allowed = this.#allowed(request, anchors)
    const remembered = this.#remembered(allowed, anchors)
    if (remembered instanceof Promise) refuseLater(request, remembered, 'the permission store answers later')
    const { prior } = remembered
    const decision = this.#strategy(allowed, prior)
    if (decision instanceof Promise) refuseLater(request, decision, 'the permission strategy answers later')
    if (decision?.type === 'ask') throw cannotWait(request, 'somebody has to be asked')
    const decided = this.#settle(allowed, decision, prior)
    // Written down by an asynchronous execution of another time.
    if (decided.by === 'update' && prior !== undefined)
      this.#takeOver(allowed, decided.granted, prior, anchors)
    const recorded = this.#recordGrant(allowed, decided)
    if (recorded !== undefined) refuseLater(request, recorded, RECORDS_LATER)
    return decided
  }

  /** The request without what the deny list forbids. */
  #allowed(request: PermissionRequest, anchors: Anchors): PermissionRequest {
    const { deny } = this.#permissions
    if (asksForNothing(deny)) return request
    let forbidden: Capabilities
    try {
      forbidden = overlapping(deny, request.capabilities, anchors)
    } catch (error) {
      throw this.#recorder.refuse(request, 'denied', 'the deny list cannot be applied here', error)
    }
    if (asksForNothing(forbidden)) return request
    const capabilities = without(request.capabilities, forbidden)
    if (asksForNothing(capabilities))
      throw this.#recorder.refuse(request, 'denied', 'what it asks for is on the deny list')
    this.#recorder.note(request, 'denied', { reason: 'denied', capabilities: forbidden })
    return { ...request, capabilities }
  }

  /** What is remembered of the plugin, or of others that had its command. */
  #remembered(request: PermissionRequest, anchors: Anchors): Remembered | Promise<Remembered> {
    if (this.#permissions.granularity === 'execution') return NOTHING
    const unusable = (error: unknown) =>
      isPluginHostError(error, 'ERR_PERMISSION_DENIED')
        ? this.#recorder.refuse(request, error.details.reason, error.message, error)
        : this.#recorder.refuse(request, 'store', 'the permission store failed', error)
    try {
      const remembered = this.#memory.about(request, anchors)
      if (!(remembered instanceof Promise)) return remembered
      return remembered.catch(error => {
        throw unusable(error)
      })
    } catch (error) {
      throw unusable(error)
    }
  }

  #strategy(
    request: PermissionRequest,
    prior: PriorGrant | undefined,
  ): PermissionDecision | Promise<PermissionDecision> {
    const { strategy, trustFlags } = this.#permissions
    if (trustFlags.trusts(request)) return { type: 'grant', capabilities: request.capabilities }
    const failed = (error: unknown) =>
      this.#recorder.refuse(request, 'failed', 'the permission strategy failed', error)
    try {
      const decision = strategy.decide({
        request,
        now: new Date(),
        ...(prior === undefined ? {} : { prior }),
      })
      if (!(decision instanceof Promise)) return complete(decision)
      return decision.then(complete).catch(error => {
        throw failed(error)
      })
    } catch (error) {
      throw failed(error)
    }
  }

  /** What a decision comes to for which nobody is asked. */
  #settle(
    request: PermissionRequest,
    decision: Exclude<PermissionDecision, { type: 'ask' }>,
    prior: PriorGrant | undefined,
  ): Decided {
    if (decision?.type === 'deny') {
      this.#recorder.note(request, 'requested', { capabilities: request.capabilities })
      throw this.#recorder.refuse(request, decision.reason, decision.message)
    }
    if (decision?.type !== 'grant')
      throw this.#recorder.refuse(request, 'failed', 'the permission strategy gave no decision')
    const granted = covered(decision.capabilities, request.capabilities)
    if (asksForNothing(granted))
      throw this.#recorder.refuse(request, 'refused', 'nothing of what it asks for is granted')
    if (this.#permissions.trustFlags.trusts(request))
      return { granted, until: Number.POSITIVE_INFINITY, by: 'flag' }
    const until = Math.min(
      dateOf(prior?.grant.expiresAt),
      decision.until?.getTime() ?? Number.POSITIVE_INFINITY,
    )
    if (prior !== undefined && decision.isKept === true)
      return { granted, until, by: 'update', details: { previousDigest: prior.grant.digest } }
    const isPrior = prior?.of === 'same' && asksForNothing(missing(prior.kept, granted))
    return isPrior ? { granted, until } : { granted, until, by: 'strategy' }
  }

  /** Binds a grant to the code that has taken its place in the file, for this registry, and says so. */
  #takeOver(
    request: PermissionRequest,
    granted: Capabilities,
    prior: PriorGrant,
    anchors: Anchors,
  ): PermissionGrant {
    const grant = grantFor(request, granted, prior.grant.expiresAt, anchors)
    this.#memory.putForSession(grant)
    const { command, digest } = request
    const message = `${command} has changed, asks for no more than before, and keeps what it was granted`
    this.#permissions.onNotice?.({
      type: 'kept',
      command,
      digest,
      previousDigest: prior.grant.digest,
      message,
    })
    return grant
  }

  #recordGrant(request: PermissionRequest, { granted, by, details }: Decided): Promise<void> | undefined {
    if (by === undefined) return undefined
    return this.#recorder.record(request, 'granted', { capabilities: granted, by, ...details })
  }
}

/** A decision whose capabilities are complete, also where a strategy of a program's own left some out. */
function complete(decision: PermissionDecision): PermissionDecision {
  switch (decision?.type) {
    case 'grant':
      return { ...decision, capabilities: readCapabilities(decision.capabilities) }
    case 'ask':
      return {
        ...decision,
        capabilities: readCapabilities(decision.capabilities),
        granted: readCapabilities(decision.granted),
      }
    default:
      return decision
  }
}
