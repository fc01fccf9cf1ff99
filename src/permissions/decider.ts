import { isDeepStrictEqual } from 'node:util'
import { type Anchors, common, missing, overlapping, without } from '../capabilities.js'
import { isPluginHostError } from '../errors.js'
import { InvalidValue } from '../invalid-value.js'
import { asksForNothing, type Capabilities } from '../manifest.js'
import { isThenable } from '../thenable.js'
import { Asker } from './asking.js'
import { checkDecision } from './checked-decision.js'
import { type Decided, dateOf } from './decided.js'
import { GrantMemory, type Remembered } from './grant-memory.js'
import { cannotWait, RECORDS_LATER, refuseLater } from './not-sync.js'
import { tell } from './notice.js'
import type { CheckedPermissions } from './options.js'
import { grantFor } from './prior.js'
import type { PermissionRecorder } from './recorder.js'
import type { PermissionRequest } from './request.js'
import type { PermissionDecision, PriorGrant } from './strategy.js'

const NOTHING: Remembered = {}

/** So often a decision is made anew, since what it was made by is no longer remembered. */
const MOST_ATTEMPTS = 5

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

  /** The store's revision; undefined where it has none. */
  get revision(): number | undefined {
    return this.#memory.revision
  }

  /**
   * @param signal - Aborted when nobody waits any more.
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED`.
   */
  async decide(request: PermissionRequest, anchors: Anchors, signal: AbortSignal): Promise<Decided> {
    const allowed = this.#allowed(request, anchors)
    const asker = new Asker(this.#permissions, this.#memory, this.#recorder, anchors)
    let remembered = await this.#remembered(allowed, anchors)
    for (let attempts = 1; attempts <= MOST_ATTEMPTS; attempts += 1) {
      const decision = await this.#strategy(allowed, remembered.prior)
      const isAsked = decision.type === 'ask'
      const concluded = isAsked
        ? await asker.ask(allowed, decision, remembered, signal)
        : this.#settle(allowed, decision, remembered.prior)
      let now = remembered
      // What it was decided by may have been revoked since: by another process too, while somebody was asked.
      if (remembered.prior !== undefined && (isAsked || !this.#isFresh(remembered))) {
        const again = this.#remembered(allowed, anchors)
        // From here to where it is written down nobody comes between, unless the store itself has to be waited for.
        now = again instanceof Promise ? await again : again
        if (!isDeepStrictEqual(now.prior, remembered.prior)) {
          remembered = now
          continue
        }
      }
      const decided = 'kept' in concluded ? await asker.remember(allowed, concluded) : concluded
      if (decided.by === 'update') await this.#takeOver(allowed, decided, now.prior, anchors)
      await this.#recordGrant(allowed, decided)
      return { ...decided, revision: await this.#revisionOf(allowed, decided, now, anchors) }
    }
    throw this.#recorder.refuse(allowed, 'store', 'what the permission store has of it changes all the time')
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
    const { prior, revision } = remembered
    const decision = this.#strategy(allowed, prior)
    if (decision instanceof Promise) refuseLater(request, decision, 'the permission strategy answers later')
    if (decision.type === 'ask') throw cannotWait(request, 'somebody has to be asked')
    const decided = this.#settle(allowed, decision, prior)
    // A store that takes its time is not waited for: until then, the grant is remembered here.
    if (decided.by === 'update') void this.#takeOver(allowed, decided, prior, anchors)
    const recorded = this.#recordGrant(allowed, decided)
    if (recorded !== undefined) refuseLater(request, recorded, RECORDS_LATER)
    return { ...decided, revision }
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
    const failed = (error: unknown) => {
      const problem =
        error instanceof InvalidValue
          ? `gave no valid decision: ${[error.path.join('.'), error.message].join(' ').trim()}`
          : 'failed'
      return this.#recorder.refuse(request, 'failed', `the permission strategy ${problem}`, error)
    }
    try {
      const decision: unknown = strategy.decide({
        request,
        now: new Date(),
        ...(prior === undefined ? {} : { prior }),
      })
      if (!isThenable(decision)) return checkDecision(decision)
      return Promise.resolve(decision)
        .then(checkDecision)
        .catch(error => {
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
    if (decision.type === 'deny') {
      this.#recorder.note(request, 'requested', { capabilities: request.capabilities })
      throw this.#recorder.refuse(request, decision.reason, decision.message)
    }
    const granted = common(decision.capabilities, request.capabilities)
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

  /** Binds a grant to the code that has taken its place in the file, and says so: begun at once. */
  #takeOver(
    request: PermissionRequest,
    { granted }: Decided,
    prior: PriorGrant | undefined,
    anchors: Anchors,
  ): Promise<void> | undefined {
    if (prior === undefined) return undefined
    const { digest: previousDigest, expiresAt } = prior.grant
    const message = `${request.command} has changed, asks for no more than before, and keeps what it was granted`
    tell(this.#permissions.onNotice, request, { type: 'kept', previousDigest, message }, this.#recorder)
    return this.#memory.takeOver(grantFor(request, granted, expiresAt, anchors), prior.grant)
  }

  /** Whether the store is still as it was when it was asked, as far as it can say that. */
  #isFresh({ revision }: Remembered): boolean {
    return revision !== undefined && revision === this.#memory.revision
  }

  /** The store's revision under which a decision holds that was made by what it had before. */
  async #revisionOf(
    request: PermissionRequest,
    { granted }: Decided,
    before: Remembered,
    anchors: Anchors,
  ): Promise<number | undefined> {
    if (before.revision === undefined || this.#isFresh(before)) return before.revision
    try {
      // Most often it is the grant itself that was written down since.
      const { prior, revision } = await this.#memory.about(request, anchors)
      const isThere = prior?.of === 'same' && asksForNothing(missing(prior.kept, granted))
      return isThere ? revision : before.revision
    } catch {
      return before.revision
    }
  }

  #recordGrant(request: PermissionRequest, { granted, by, details }: Decided): Promise<void> | undefined {
    if (by === undefined) return undefined
    return this.#recorder.record(request, 'granted', { capabilities: granted, by, ...details })
  }
}
