import { withSignal } from '../abort.js'
import { type Anchors, common, missing, readCapabilities, union } from '../capabilities.js'
import { asksForNothing, type Capabilities } from '../manifest.js'
import type { Decided } from './decided.js'
import { dateOf, NEVER } from './decided.js'
import type { GrantDuration } from './grant.js'
import type { GrantMemory, Remembered } from './grant-memory.js'
import { tell } from './notice.js'
import type { CheckedPermissions } from './options.js'
import { grantFor } from './prior.js'
import type { PermissionAnswer, PermissionQuestion } from './prompt.js'
import { inTurn } from './queue.js'
import type { PermissionRecorder } from './recorder.js'
import type { PermissionRequest } from './request.js'
import type { PermissionDecision, PriorGrant } from './strategy.js'

type Asking = PermissionDecision & { type: 'ask' }

/** What somebody has answered, and what it comes to. */
export interface Answered {
  readonly granted: Capabilities
  readonly duration: GrantDuration
  /** What was kept without being asked about. */
  readonly kept: PriorGrant | undefined
}

/** Asks whoever is to be asked, and remembers the answer as long as they say, for where relative paths led then. */
export class Asker {
  readonly #permissions: CheckedPermissions
  readonly #anchors: Anchors
  readonly #memory: GrantMemory
  readonly #recorder: PermissionRecorder

  constructor(
    permissions: CheckedPermissions,
    memory: GrantMemory,
    recorder: PermissionRecorder,
    anchors: Anchors,
  ) {
    this.#permissions = permissions
    this.#anchors = anchors
    this.#memory = memory
    this.#recorder = recorder
  }

  /**
   * @param signal - Aborted when nobody waits any more.
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED` for any answer that grants nothing.
   */
  async ask(
    request: PermissionRequest,
    decision: Asking,
    remembered: Remembered,
    signal: AbortSignal,
  ): Promise<Answered> {
    const { prior } = remembered
    const question = this.#question(request, decision, remembered)
    const { capabilities: asked } = question
    const isMore = prior !== undefined && !asksForNothing(prior.added)
    await this.#recorder.record(request, isMore ? 'escalated' : 'requested', {
      capabilities: asked,
      ...(prior === undefined ? {} : { previousDigest: prior.grant.digest }),
    })
    const answer = await this.#answer(question, signal)
    const given = common(this.#given(request, answer) ?? asked, asked)
    if (asksForNothing(given)) throw this.#recorder.refuse(request, 'refused', 'permission was not given')
    const granted = common(union(question.granted, given), request.capabilities)
    const refused = missing(granted, request.capabilities)
    if (!asksForNothing(refused))
      this.#recorder.note(request, 'denied', { reason: 'refused', capabilities: refused })
    const kept = asksForNothing(question.granted) ? undefined : prior
    return { granted, duration: offered(answer.duration, question), kept }
  }

  #question(
    request: PermissionRequest,
    decision: Asking,
    { prior, elsewhere }: Remembered,
  ): PermissionQuestion {
    const { store, granularity } = this.#permissions
    const isRemembered = decision.remember !== false && granularity !== 'execution'
    const isEscalation = prior?.of === 'update' && !asksForNothing(prior.added)
    return {
      request,
      capabilities: common(decision.capabilities, request.capabilities),
      granted: common(decision.granted, request.capabilities),
      ...(isEscalation ? { previousDigest: prior.grant.digest } : {}),
      ...(elsewhere === undefined ? {} : { elsewhere }),
      durations: [
        'once',
        ...(isRemembered ? (['session'] as const) : []),
        ...(isRemembered && store.readOnly !== true ? (['always'] as const) : []),
      ],
      ...this.#anchors,
    }
  }

  /** What an answer grants, complete; undefined where that is all that was asked about. */
  #given(request: PermissionRequest, { capabilities }: PermissionAnswer & { type: 'grant' }) {
    try {
      return capabilities === undefined ? undefined : readCapabilities(capabilities)
    } catch (error) {
      throw this.#recorder.refuse(
        request,
        'failed',
        'the permission prompt granted what is no capability',
        error,
      )
    }
  }

  async #answer(
    question: PermissionQuestion,
    signal: AbortSignal,
  ): Promise<PermissionAnswer & { type: 'grant' }> {
    const { prompt } = this.#permissions
    const { request } = question
    if (prompt === undefined) {
      const message = `nobody can be asked: trust ${request.digest} with trustFlags, list it in a policy file, or give the registry a prompt`
      throw this.#recorder.refuse(request, 'no-prompt', message)
    }
    let answer: PermissionAnswer
    try {
      // Whoever does not listen to the signal is not waited for either: others are to be asked.
      answer = await inTurn(prompt, () => withSignal(signal, async () => prompt.ask(question, signal)))
    } catch (error) {
      throw signal.aborted
        ? this.#recorder.refuse(request, 'withdrawn', 'the question was withdrawn', error)
        : this.#recorder.refuse(request, 'failed', 'asking for permission failed', error)
    }
    if (answer?.type === 'deny') {
      const { reason = 'refused', message = 'permission was not given' } = answer
      if (typeof reason !== 'string' || typeof message !== 'string')
        throw this.#recorder.refuse(
          request,
          'failed',
          'the permission prompt refused it, and gave no text for why',
        )
      throw this.#recorder.refuse(request, reason, message)
    }
    if (answer?.type !== 'grant')
      throw this.#recorder.refuse(request, 'failed', 'the permission prompt gave no answer')
    return answer
  }

  /** Remembers an answer. What was kept without being asked about holds no longer than it did. */
  async remember(
    request: PermissionRequest,
    { granted, duration: chosen, kept }: Answered,
  ): Promise<Decided> {
    const isOfSession = kept !== undefined && this.#memory.isOfSession(kept.grant)
    const duration = isOfSession && chosen !== 'once' ? 'session' : chosen
    const until = Math.min(
      dateOf(typeof duration === 'object' ? duration.until.toJSON() : undefined),
      dateOf(kept?.grant.expiresAt),
    )
    const expiresAt = Number.isFinite(until) ? new Date(until).toJSON() : undefined
    const details = {
      duration: typeof duration === 'object' ? 'until' : duration,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
    if (duration === 'once') return { granted, until: NEVER, by: 'prompt', details }
    const grant = grantFor(request, granted, expiresAt, this.#anchors)
    const isWritten = duration !== 'session' && (await this.#memory.put(grant))
    if (isWritten) return { granted, until, by: 'prompt', details }
    if (duration !== 'session') {
      const message = `the grant for ${request.command} could not be written down, and ends with this program`
      tell(this.#permissions.onNotice, request, { type: 'not-remembered', message }, this.#recorder)
    }
    this.#memory.putForSession(grant)
    return {
      granted,
      until,
      by: 'prompt',
      details: duration === 'session' ? details : { ...details, remembered: false },
    }
  }
}

/** A duration that was offered, or `once`. */
function offered(duration: GrantDuration, { durations }: PermissionQuestion): GrantDuration {
  if (typeof duration !== 'object') return durations.includes(duration) ? duration : 'once'
  const isDate = duration?.until instanceof Date && !Number.isNaN(duration.until.getTime())
  return isDate && durations.includes('always') ? duration : 'once'
}
