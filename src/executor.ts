import { availableParallelism } from 'node:os'
import * as addon from './native.js'
import { fault } from './outcome.js'
import { brief, receipt, whole } from './receipt.js'
import type { QueueStats } from './stats.js'
import { inLaterTurn, othersWait, remaining, spend, type Waiters } from './turn.js'

type Settled = addon.Outcome | addon.Plugin | addon.Grant | addon.CannotOpen

/** How a module is loaded. */
export interface Loading {
  readonly limits?: addon.LimitOverrides | undefined
  readonly cache?: addon.CompileCache | undefined
  readonly path?: string | undefined
  /** Whether a live instance is made of it, rather than executions on pristine ones. */
  readonly forLiveInstance: boolean
}

/** Executes with these arguments: what came of it, at once where it is done by then. */
export type Calls = (
  args: string[],
  limits?: addon.LimitOverrides,
  call?: addon.Interrupt,
  world?: addon.World,
) => addon.Outcome | Promise<addon.Outcome>

/** Begins a call for so many milliseconds; what it returned if it was done by then. */
type Begin = (ticket: number, slice: number) => string | addon.Outcome | null

/** What it costs to give a call to another thread: time of the event loop as well. */
const HANDING_OVER_MS = 0.003

/** Executions that may wait where nothing else is said: the host's `DEFAULT_QUEUE_LIMIT`. */
const DEFAULT_QUEUE_LIMIT = 16_384

/** How many executions run at once, and how many may wait. */
export interface ExecutorOptions {
  readonly concurrency?: number
  readonly queueLimit?: number
}

interface Waiter {
  readonly resolve: (settled: Settled) => void
  readonly executor: Executor
  /** Whether it keeps the process alive: where JavaScript's stack is nearly full, it may not have come to that. */
  isHeld: boolean
}

/**
 * Work on the host's threads, awaited. The addon's executor knows work by tickets; here is who
 * waits for each. While somebody does, the process is kept alive.
 */
export class Executor {
  /** With the executor itself: what somebody waits for is not given up. */
  readonly #waiting = new Map<number, Waiter>()
  readonly #native: addon.Executor
  readonly #concurrency: number
  readonly #queueLimit: number
  /** Calls that wait for a turn of the event loop. */
  readonly #later: Waiters = { waiting: 0 }
  #nextTicket = 0

  constructor(options: ExecutorOptions = {}) {
    this.#concurrency = options.concurrency ?? availableParallelism()
    this.#queueLimit = options.queueLimit ?? DEFAULT_QUEUE_LIMIT
    // The addon keeps this function, which must not keep the executor: neither would ever be freed.
    const waiting = this.#waiting
    this.#native = new (addon.native().Executor)(options, (ticket, settled) => {
      const waiter = waiting.get(ticket)
      if (waiter === undefined) return
      waiting.delete(ticket)
      if (waiter.isHeld) release()
      waiter.resolve(settled)
    })
  }

  /** Compiles and checks a module, or takes it from a cache; an error says which file it is from. */
  async load(module: Uint8Array, { limits, cache, path, forLiveInstance }: Loading): Promise<addon.Plugin> {
    const settled = await this.#wait(ticket =>
      this.#native.load(ticket, module, limits, cache, forLiveInstance),
    )
    if ('type' in settled) throw fault(settled as addon.Outcome & { type: 'fault' }, { path })
    return settled as addon.Plugin
  }

  /**
   * What executes a plugin on pristine instances until `owner` is triggered: on this thread, as far
   * as a turn of the event loop has time left for guests, and from there on the executor's threads.
   * Calls begin in the order in which they were made.
   */
  callsOf(plugin: addon.Plugin, owner: addon.Interrupt): Calls {
    const execute = this.#native.callsOf(plugin, owner)
    return (args, limits, call, world) => {
      // Most calls have none of these, and each that is handed over costs, undefined ones too.
      const isBare = limits === undefined && call === undefined && world === undefined
      return this.#start((ticket, slice) =>
        isBare
          ? execute(ticket, slice, brief(args), receipt)
          : execute(ticket, slice, brief(args), receipt, limits, call, world),
      )
    }
  }

  /** Opens what capabilities name: see the addon's `Grant`. */
  async openGrant(
    plugin: addon.Plugin,
    capabilities: addon.Capabilities,
    surroundings: addon.Surroundings,
    deny: addon.Capabilities,
    opened?: addon.Grant,
  ): Promise<addon.Grant | addon.CannotOpen> {
    const settled = await this.#wait(ticket =>
      this.#native.openGrant(ticket, plugin, capabilities, surroundings, deny, opened),
    )
    if ('type' in settled) throw fault(settled as addon.Outcome & { type: 'fault' })
    return settled as addon.Grant | addon.CannotOpen
  }

  /** Opens what can be opened of them, before anybody decides about them: see the addon's `Grant`. */
  async openGrantAhead(
    plugin: addon.Plugin,
    capabilities: addon.Capabilities,
    surroundings: addon.Surroundings,
    earlier?: addon.Grant,
  ): Promise<addon.Grant> {
    const settled = await this.#wait(ticket =>
      this.#native.openGrantAhead(ticket, plugin, capabilities, surroundings, earlier),
    )
    if ('type' in settled) throw fault(settled as addon.Outcome & { type: 'fault' })
    return settled as addon.Grant
  }

  /** What executes on a live instance, as that of `callsOf` does on pristine ones. */
  callsOn(instance: addon.Instance): Calls {
    const execute = this.#native.callsOn(instance)
    return (args, limits, call) =>
      this.#start((ticket, slice) => execute(ticket, slice, brief(args), receipt, limits, call))
  }

  /** Hands the result of an effect to the instance that asked for it, as a call does. */
  resume(
    instance: addon.Instance,
    effectId: number,
    result: Parameters<addon.Executor['resume']>[3],
    limits?: addon.LimitOverrides,
    call?: addon.Interrupt,
  ): addon.Outcome | Promise<addon.Outcome> {
    return this.#start((ticket, slice) =>
      this.#native.resume(ticket, instance, effectId, result, receipt, limits, call, slice),
    )
  }

  #start(begin: Begin): addon.Outcome | Promise<addon.Outcome> {
    // Calls made one after the other would rather begin in the next turn than pay for a thread.
    // While others wait for a thread, those who come wait for one behind them.
    const later = othersWait() || (this.#waiting.size === 0 && remaining() === 0)
    if (!later) return this.#begin(begin)
    // No more may wait in both places together than for a thread alone; as many as may run besides will not wait.
    const most = this.#queueLimit + this.#concurrency
    if (this.#later.waiting + this.#waiting.size >= most) return tooMany(this.#queueLimit)
    return inLaterTurn(this.#later, () => this.#begin(begin))
  }

  #begin(begin: Begin): addon.Outcome | Promise<addon.Outcome> {
    const slice = this.#waiting.size === 0 ? remaining() : 0
    const ticket = this.#draw()
    const done = begin(ticket, slice)
    // An empty output is an answer too.
    if (done !== null) {
      const outcome = whole(done)
      spend('usage' in outcome ? outcome.usage.durationMs : (outcome.details.usage?.durationMs ?? 0))
      return outcome
    }
    spend(slice > 0 ? slice : HANDING_OVER_MS)
    return this.#settled(ticket) as Promise<addon.Outcome>
  }

  /** How it is doing now. */
  stats(): QueueStats {
    const { waiting, running, threads } = this.#native.stats()
    const [concurrency, limit] = [this.#concurrency, this.#queueLimit]
    return { waiting: waiting + this.#later.waiting, running, threads, concurrency, limit }
  }

  /** Lets idle threads end at once. */
  retire(): void {
    this.#native.retire()
  }

  #wait(start: (ticket: number) => void): Promise<Settled> {
    const ticket = this.#draw()
    start(ticket)
    return this.#settled(ticket)
  }

  #draw(): number {
    const ticket = this.#nextTicket
    // Tickets are unsigned 32-bit numbers; four billion calls never wait at once.
    this.#nextTicket = (ticket + 1) >>> 0
    return ticket
  }

  /** What the ticket is settled with: in a later turn of the event loop, hence not missed. */
  #settled(ticket: number): Promise<Settled> {
    return new Promise(resolve => {
      const waiter: Waiter = { resolve, executor: this, isHeld: false }
      this.#waiting.set(ticket, waiter)
      hold(waiter)
    })
  }
}

/** As the host refuses what its queue has no room for. */
function tooMany(limit: number): addon.Outcome {
  const message = `too many executions at once: the limit is ${limit}. Wait for some to end before starting more`
  return { type: 'fault', code: 'ERR_BUSY', message, details: { limit } }
}

let sharedExecutor: Executor | undefined
let sharedCompiler: Executor | undefined

/** For live instances, which belong to no registry. */
export function executor(): Executor {
  sharedExecutor ??= new Executor()
  return sharedExecutor
}

/** For compiling: apart from executions, so that neither waits for the other. */
export function compiler(): Executor {
  sharedCompiler ??= new Executor()
  return sharedCompiler
}

// The addon's own handles never keep the process alive, so that an idle registry does not. A timer
// that never fires does it instead while a call is awaited: ref and unref are all it is there for.
// Where JavaScript's stack is nearly full, any call here can throw: hence no step relies on a later
// one, and each call that waits asserts anew what it needs.
let keepAlive: NodeJS.Timeout | undefined
let held = 0

function hold(waiter: Waiter): void {
  waiter.isHeld = true
  held += 1
  keepAlive ??= setInterval(() => {}, 2 ** 31 - 1)
  keepAlive.ref()
}

function release(): void {
  held -= 1
  if (held === 0) keepAlive?.unref()
}
