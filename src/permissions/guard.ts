import { interruptible, type Revocation } from '../call.js'
import {
  type Anchors,
  covered,
  hashOf,
  missing,
  NO_CAPABILITIES,
  overlapping,
  readCapabilities,
  without,
} from '../capabilities.js'
import type { EffectTrace } from '../diagnostics.js'
import { isPluginHostError } from '../errors.js'
import { asksForNothing, type Capabilities, type CommandSpec, type PluginManifest } from '../manifest.js'
import type { OpenedDirectory } from '../native.js'
import { Asker } from './asking.js'
import { type Decided, dateOf, NEVER } from './decided.js'
import { denied } from './denial.js'
import type { PermissionGrant } from './grant.js'
import { GrantMemory } from './grant-memory.js'
import { HeldDecisions, keyOf } from './held-decisions.js'
import { MemoryPermissionStore } from './memory-store.js'
import type { CheckedPermissions } from './options.js'
import { grantFor } from './prior.js'
import { PermissionRecorder } from './recorder.js'
import type { PermissionRequest } from './request.js'
import type { PermissionDecision, PriorGrant } from './strategy.js'

/** The plugin of a registry that wants to run. */
export interface Subject {
  readonly command: string
  readonly digest: string
  readonly path?: string | undefined
  readonly manifest: PluginManifest
}

/** A decision that is being made, and how many wait for it. */
interface Pending {
  readonly decision: Promise<Decided>
  readonly abandon: AbortController
  waiting: number
  /** Whether an answer that holds for one execution has been used by one. */
  isUsed: boolean
}

const RECORDS_LATER = 'a required audit sink records later'

/**
 * Decides what a plugin gets when it is executed: the deny list first, then trust flags, then the strategy by what
 * is remembered, then whoever is asked. A decision is bound to the code: a plugin that was reloaded meanwhile
 * runs as what it was when it was asked about.
 */
export class PermissionGuard {
  readonly #permissions: CheckedPermissions | undefined
  readonly #anchors: () => Anchors
  readonly #recorder: PermissionRecorder
  readonly #memory: GrantMemory
  readonly #held = new HeldDecisions()
  readonly #pending = new Map<string, Pending>()
  readonly #hashes = new WeakMap<PluginManifest, string>()

  /** @param anchors - Where relative paths and `~/` lead, at the time. */
  constructor(permissions: CheckedPermissions | undefined, anchors: () => Anchors) {
    this.#permissions = permissions
    this.#anchors = anchors
    this.#recorder = new PermissionRecorder(permissions?.audit)
    this.#memory = new GrantMemory(permissions?.store ?? new MemoryPermissionStore())
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
    const request = this.#request(subject, args)
    const held = this.#held.get(request, this.#permissions?.store.revision, this.#anchors())
    if (held === undefined) return this.#decideLater(request, signal, revocation)
    const recorded = this.#use(request, held)
    if (recorded === undefined) return held
    return interruptible(signal, revocation, () => recorded.then(() => held))
  }

  /**
   * The same on this thread, which can wait for nobody.
   *
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED`.
   */
  decideSync(subject: Subject, args: readonly string[]): Capabilities {
    const request = this.#request(subject, args)
    const granted =
      this.#held.get(request, this.#permissions?.store.revision, this.#anchors()) ??
      this.#decideAtOnce(request)
    const recorded = this.#use(request, granted)
    if (recorded !== undefined) refuseLater(request, recorded, RECORDS_LATER)
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
   * Looks at where granted paths led when they were opened: a deny list knows names, and a name can be that of a link.
   *
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED` where one leads to what is on the deny list.
   */
  checkOpened(subject: Subject, directories: readonly OpenedDirectory[]): void {
    const deny = this.#permissions?.deny
    if (deny === undefined || asksForNothing(deny)) return
    const opened = {
      ...NO_CAPABILITIES,
      fsRead: directories.map(({ path, readsTree }) => ({ pattern: path, recursive: readsTree })),
      fsWrite: directories.flatMap(({ path, writesTree }) =>
        writesTree === undefined ? [] : [{ pattern: path, recursive: writesTree }],
      ),
    }
    if (asksForNothing(overlapping(deny, opened, this.#anchors()))) return
    const message = 'a directory that it asks for is a link to what is on the deny list'
    throw this.#recorder.refuse(this.#request(subject, []), 'denied', message)
  }

  /** Forgets decisions about code that is gone; grants stay where they are written. */
  forget({ digest }: Subject): void {
    this.#held.forget(digest)
  }

  async #decideLater(
    request: PermissionRequest,
    signal: AbortSignal | undefined,
    revocation: Revocation,
  ): Promise<Capabilities> {
    const permissions = this.#configured(request)
    const key = keyOf(request)
    const pending = this.#join(permissions, request, key)
    pending.waiting += 1
    try {
      const { granted, until, by } = await interruptible(signal, revocation, () => pending.decision)
      if (by === 'prompt' && until === NEVER) {
        // Once is once, however many wait for the answer.
        if (pending.isUsed) return await this.#decideLater(request, signal, revocation)
        pending.isUsed = true
      }
      const recorded = this.#use(request, granted)
      if (recorded !== undefined) await interruptible(signal, revocation, () => recorded)
      return granted
    } finally {
      pending.waiting -= 1
      if (pending.waiting === 0) {
        this.#forgetPending(key, pending)
        pending.abandon.abort()
      }
    }
  }

  /** The decision that is being made about the same, or a new one. */
  #join(permissions: CheckedPermissions, request: PermissionRequest, key: string): Pending {
    const isShared = permissions.granularity !== 'execution'
    const shared = isShared ? this.#pending.get(key) : undefined
    if (shared !== undefined) return shared
    const abandon = new AbortController()
    const decision = this.#decide(permissions, request, abandon.signal)
    const pending = { decision, abandon, waiting: 0, isUsed: false }
    if (isShared) this.#pending.set(key, pending)
    // Who comes later is decided about anew; who waited may have gone by the time that it fails.
    const settled = () => this.#forgetPending(key, pending)
    decision.then(settled, settled)
    return pending
  }

  #forgetPending(key: string, pending: Pending): void {
    if (this.#pending.get(key) === pending) this.#pending.delete(key)
  }

  async #decide(
    permissions: CheckedPermissions,
    request: PermissionRequest,
    signal: AbortSignal,
  ): Promise<Decided> {
    const allowed = this.#allowed(permissions, request)
    const prior = await this.#prior(permissions, allowed)
    const decision = await this.#strategy(permissions, allowed, prior)
    const decided =
      decision?.type === 'ask'
        ? await new Asker(permissions, this.#memory, this.#recorder, this.#anchors).ask(
            allowed,
            decision,
            prior,
            signal,
          )
        : this.#settle(permissions, allowed, decision, prior)
    if (decided.by === 'update' && prior !== undefined) {
      const isWritten = !this.#memory.isOfSession(prior.grant)
      const grant = this.#takeOver(permissions, allowed, decided.granted, prior)
      if (isWritten) await this.#memory.put(grant)
    }
    await this.#recordGrant(allowed, decided)
    this.#hold(permissions, request, decided)
    return decided
  }

  #decideAtOnce(request: PermissionRequest): Capabilities {
    const permissions = this.#configured(request)
    const allowed = this.#allowed(permissions, request)
    const prior = this.#prior(permissions, allowed)
    if (prior instanceof Promise) refuseLater(request, prior, 'the permission store answers later')
    const decision = this.#strategy(permissions, allowed, prior)
    if (decision instanceof Promise) refuseLater(request, decision, 'the permission strategy answers later')
    if (decision?.type === 'ask') throw cannotWait(request, 'somebody has to be asked')
    const decided = this.#settle(permissions, allowed, decision, prior)
    // Written down by an asynchronous execution of another time.
    if (decided.by === 'update' && prior !== undefined)
      this.#takeOver(permissions, allowed, decided.granted, prior)
    const recorded = this.#recordGrant(allowed, decided)
    if (recorded !== undefined) refuseLater(request, recorded, RECORDS_LATER)
    this.#hold(permissions, request, decided)
    return decided.granted
  }

  #request({ command, digest, path, manifest }: Subject, args: readonly string[]): PermissionRequest {
    let capabilitiesHash = this.#hashes.get(manifest)
    if (capabilitiesHash === undefined) {
      capabilitiesHash = hashOf(manifest.capabilities)
      this.#hashes.set(manifest, capabilitiesHash)
    }
    const isByCommand = this.#permissions?.granularity === 'command'
    return {
      command: isByCommand ? subcommand(manifest.command, command, args) : command,
      digest,
      ...(path === undefined ? {} : { path }),
      about: manifest.command.about,
      capabilities: manifest.capabilities,
      capabilitiesHash,
    }
  }

  #configured(request: PermissionRequest): CheckedPermissions {
    if (this.#permissions !== undefined) return this.#permissions
    const message =
      "the plugin asks for capabilities, and this registry grants none: give it `permissions`, such as PermissionPresets.interactive('my-app') to ask on the terminal, or PermissionPresets.ci('policy.json') for what a file lists"
    throw denied(request, 'unconfigured', message)
  }

  /** The request without what the deny list forbids. */
  #allowed({ deny }: CheckedPermissions, request: PermissionRequest): PermissionRequest {
    if (asksForNothing(deny)) return request
    let forbidden: Capabilities
    try {
      forbidden = overlapping(deny, request.capabilities, this.#anchors())
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
  #prior(
    { granularity }: CheckedPermissions,
    request: PermissionRequest,
  ): PriorGrant | undefined | Promise<PriorGrant | undefined> {
    if (granularity === 'execution') return undefined
    const unusable = (error: unknown) =>
      isPluginHostError(error, 'ERR_PERMISSION_DENIED')
        ? this.#recorder.refuse(request, error.details.reason, error.message, error)
        : this.#recorder.refuse(request, 'store', 'the permission store failed', error)
    try {
      const prior = this.#memory.prior(request)
      if (!(prior instanceof Promise)) return prior
      return prior.catch(error => {
        throw unusable(error)
      })
    } catch (error) {
      throw unusable(error)
    }
  }

  #strategy(
    { strategy, trustFlags }: CheckedPermissions,
    request: PermissionRequest,
    prior: PriorGrant | undefined,
  ): PermissionDecision | Promise<PermissionDecision> {
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
    { trustFlags }: CheckedPermissions,
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
    if (trustFlags.trusts(request)) return { granted, until: Number.POSITIVE_INFINITY, by: 'flag' }
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
    permissions: CheckedPermissions,
    request: PermissionRequest,
    granted: Capabilities,
    prior: PriorGrant,
  ): PermissionGrant {
    const grant = grantFor(request, granted, prior.grant.expiresAt)
    this.#memory.putForSession(grant)
    const { command, digest } = request
    const message = `${command} has changed, asks for no more than before, and keeps what it was granted`
    permissions.onNotice?.({
      type: 'kept',
      command,
      digest,
      previousDigest: prior.grant.digest,
      message,
    })
    return grant
  }

  #hold(
    { granularity, store }: CheckedPermissions,
    request: PermissionRequest,
    { granted, until }: Decided,
  ): void {
    if (granularity !== 'execution') this.#held.set(request, granted, until, store.revision, this.#anchors())
  }

  #use(request: PermissionRequest, capabilities: Capabilities): Promise<void> | undefined {
    return this.#recorder.record(request, 'used', { capabilities })
  }

  #recordGrant(request: PermissionRequest, { granted, by, details }: Decided): Promise<void> | undefined {
    if (by === undefined) return undefined
    return this.#recorder.record(request, 'granted', { capabilities: granted, by, ...details })
  }
}

/** Refuses an execution that would have to wait for this. */
function refuseLater(request: PermissionRequest, work: Promise<unknown>, problem: string): never {
  // What becomes of it is nobody's concern any more.
  work.catch(() => {})
  throw cannotWait(request, problem)
}

function cannotWait(request: PermissionRequest, problem: string) {
  const message = `${problem}, and executeSync cannot wait for it: use the asynchronous execute`
  return denied(request, 'not-sync', message)
}

/** The command with the subcommands that its arguments begin with. */
function subcommand(spec: CommandSpec, command: string, args: readonly string[]): string {
  const [first, ...rest] = args
  const found = spec.subcommands.find(({ name }) => name === first)
  return found === undefined ? command : subcommand(found, `${command} ${found.name}`, rest)
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
