import { interruptible, type Revocation } from '../call.js'
import { type Anchors, NO_CAPABILITIES } from '../capabilities.js'
import type { EffectTrace } from '../diagnostics.js'
import type { PluginHostError } from '../errors.js'
import type { Capabilities } from '../manifest.js'
import type { Decided } from './decided.js'
import { Decider } from './decider.js'
import { denied } from './denial.js'
import { HeldDecisions } from './held-decisions.js'
import { RECORDS_LATER, refuseLater } from './not-sync.js'
import type { CheckedPermissions } from './options.js'
import { PendingDecisions } from './pending-decisions.js'
import { PermissionRecorder } from './recorder.js'
import type { PermissionRequest } from './request.js'
import { commandOf, requestOf, type Subject } from './subject.js'

/**
 * Says what a plugin gets when it is executed: what was decided before, as long as that holds, or what the `Decider`
 * decides now. A decision is bound to the code: a plugin that was reloaded meanwhile runs as what it was when it was asked
 * about.
 */
export class PermissionGuard {
  readonly #permissions: CheckedPermissions | undefined
  readonly #anchors: () => Anchors
  readonly #recorder: PermissionRecorder
  readonly #decider: Decider | undefined
  readonly #held = new HeldDecisions()
  readonly #pending = new PendingDecisions()

  /** @param anchors - Where relative paths and `~/` lead, at the time. */
  constructor(permissions: CheckedPermissions | undefined, anchors: () => Anchors) {
    this.#permissions = permissions
    this.#anchors = anchors
    this.#recorder = new PermissionRecorder(permissions?.audit)
    this.#decider = permissions && new Decider(permissions, this.#recorder)
  }

  /** What nobody gets. */
  get deny(): Capabilities {
    return this.#permissions?.deny ?? NO_CAPABILITIES
  }

  /**
   * What a plugin may use in the execution that begins now: at once where that is known, and need not be
   * recorded first.
   *
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED`; `ERR_UNLOADED` and `ERR_CLOSED` where those happen meanwhile.
   * @throws The signal's reason.
   */
  decide(
    subject: Subject,
    args: readonly string[],
    signal: AbortSignal | undefined,
    revocation: Revocation,
  ): Capabilities | Promise<Capabilities> {
    const command = this.#commandOf(subject, args)
    const anchors = this.#anchors()
    const held = this.#held.get(subject, command, this.#decider?.revision, anchors)
    if (held === undefined) return this.#decideLater(subject, command, anchors, signal, revocation)
    return this.#recorded(subject, command, held, signal, revocation)
  }

  /**
   * The same on this thread, which can wait for nobody.
   *
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED`.
   */
  decideSync(subject: Subject, args: readonly string[]): Capabilities {
    const command = this.#commandOf(subject, args)
    const anchors = this.#anchors()
    let granted = this.#held.get(subject, command, this.#decider?.revision, anchors)
    if (granted === undefined) {
      const request = requestOf(subject, command)
      const decided = this.#configured(request).decideAtOnce(request, anchors)
      this.#hold(subject, command, decided, anchors)
      granted = decided.granted
    }
    const recorded = this.#use(subject, command, granted)
    if (recorded !== undefined) refuseLater(requestOf(subject, command), recorded, RECORDS_LATER)
    return granted
  }

  /** Tells the audit of something that happens to a plugin. */
  note(subject: Subject, type: 'loaded' | 'unloaded' | 'reloaded', previousDigest?: string): void {
    this.#recorder.note(subject, type, previousDigest === undefined ? undefined : { previousDigest })
  }

  /**
   * Tells the audit of a request that a plugin had made under a grant, or was refused.
   *
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED` where a required sink fails; the promise rejects with it.
   */
  recordEffect(event: EffectTrace, grant: Capabilities): Promise<void> | undefined {
    const { effect, url, outcome, requests, failures } = event
    // Nothing is needed to sleep.
    if (effect === 'sleep' || url === undefined) return undefined
    const isRefused = failures.at(-1)?.reason === 'notGranted'
    return this.#recorder.record(event, isRefused ? 'denied' : 'used', {
      capabilities: grant,
      effect,
      url,
      ...(outcome === undefined ? {} : { outcome }),
      requests: requests.map(request => ({ ...request })),
      failures: failures.map(({ reason, message }) => ({ reason, message })),
    })
  }

  /**
   * The refusal of a grant whose directories are on the deny list by what they are: a deny list has names, and so has
   * a link, and many a file system takes several names for one.
   */
  deniedOpened(subject: Subject): PluginHostError<'ERR_PERMISSION_DENIED'> {
    const message =
      'a directory that it asks for is on the deny list under another name, or has something in it that is'
    return this.#recorder.refuse(requestOf(subject, subject.command), 'denied', message)
  }

  /** Forgets decisions about code that is gone; grants stay where they are written. */
  forget(subject: Subject): void {
    this.#held.forget(subject)
  }

  async #decideLater(
    subject: Subject,
    command: string,
    anchors: Anchors,
    signal: AbortSignal | undefined,
    revocation: Revocation,
  ): Promise<Capabilities> {
    const request = requestOf(subject, command)
    const decider = this.#configured(request)
    const { granted } = await this.#pending.wait(
      this.#remembers ? pendingKeyOf(request, anchors) : undefined,
      async abandoned => {
        const decided = await decider.decide(request, anchors, abandoned)
        this.#hold(subject, command, decided, anchors)
        return decided
      },
      wait => interruptible(signal, revocation, wait),
    )
    return await this.#recorded(subject, command, granted, signal, revocation)
  }

  #commandOf(subject: Subject, args: readonly string[]): string {
    return commandOf(subject, args, this.#permissions?.granularity === 'command')
  }

  #configured(request: PermissionRequest): Decider {
    if (this.#decider !== undefined) return this.#decider
    const message =
      "the plugin asks for capabilities, and this registry grants none: give it `permissions`, such as PermissionPresets.interactive('my-app') to ask on the terminal, or PermissionPresets.ci('policy.json') for what a file lists"
    throw denied(request, 'unconfigured', message)
  }

  /** Whether what is decided about one execution may hold for another. */
  get #remembers(): boolean {
    return this.#permissions?.granularity !== 'execution'
  }

  #hold(subject: Subject, command: string, decided: Decided, anchors: Anchors): void {
    if (this.#remembers) this.#held.set(subject, command, decided, anchors)
  }

  /** What is granted, as soon as it is recorded that it is used. */
  #recorded(
    subject: Subject,
    command: string,
    granted: Capabilities,
    signal: AbortSignal | undefined,
    revocation: Revocation,
  ): Capabilities | Promise<Capabilities> {
    return interruptible(signal, revocation, () => {
      const recorded = this.#use(subject, command, granted)
      return recorded === undefined ? granted : recorded.then(() => granted)
    })
  }

  #use({ digest, path }: Subject, command: string, capabilities: Capabilities): Promise<void> | undefined {
    return this.#recorder.record({ command, digest, path }, 'used', { capabilities })
  }
}

/**
 * What a decision that is being made is found by: all that it is about, whatever a strategy may decide by and where
 * relative paths lead included.
 */
function pendingKeyOf(
  { command, digest, capabilitiesHash, path = '' }: PermissionRequest,
  { workingDirectory, home }: Anchors,
): string {
  return [digest, capabilitiesHash, command, path, workingDirectory, home].join('\0')
}
