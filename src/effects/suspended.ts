import type { Revocation } from '../call.js'
import { PluginHostError } from '../errors.js'
import { checkOptions, checkSignal } from '../options.js'
import type { Effect, EffectResult, ExecuteResult, Usage } from '../outcome.js'
import type { Conversation } from './conversation.js'
import { checkEffectResult } from './result.js'

/** @inline */
type Answer = Exclude<ExecuteResult, { type: 'effect' }>

/** Options of going on with an execution. */
export interface ResumeOptions {
  /** Stops the execution; it rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** @internal What a registry wants to know of an execution that its caller goes on with. */
export interface SuspensionOptions {
  readonly revocation: Revocation
  /** Waits until what it has written has been passed on; fails where that is stopped. */
  readonly passedOn: (signal: AbortSignal | undefined) => Promise<void>
  /** Called once, when the execution is over: with its answer, if there is one. */
  readonly onEnd: (answer: Answer | undefined) => void
}

/**
 * An execution of a registry with `effects: 'manual'` that waits for the result of an effect. Its
 * caller carries the effect out and calls `resume`, or gives it up with `close`: until then the
 * instance is held. Unloading the plugin and closing the registry end it.
 */
export class SuspendedExecution {
  readonly type = 'effect'
  /** What the plugin asks for. Checked against nothing: what it was granted is for the caller to mind. */
  readonly effect: Effect
  /** What has been used so far. */
  readonly usage: Usage
  readonly #conversation: Conversation
  readonly #options: SuspensionOptions
  #stopListening = () => {}
  /** Whether the caller has made use of this. */
  #isOver = false

  /** @internal Executions are begun by a registry. */
  constructor(conversation: Conversation, options: SuspensionOptions) {
    this.#conversation = conversation
    this.#options = options
    this.effect = conversation.effect
    this.usage = conversation.usage
    // The plugin may be gone by now, which is heard at once.
    this.#stopListening = options.revocation.listen(() => this.close())
  }

  /**
   * Tells the plugin the result of the effect, and runs it on: to its answer, or to the next effect.
   * To be called once.
   *
   * @throws {PluginHostError} As `PluginRegistry.execute`; `ERR_CLOSED` where it has been called or
   *   closed before. The execution is over then. `ERR_INVALID_ARG`, after which it is not.
   */
  async resume(result: EffectResult, options?: ResumeOptions): Promise<Answer | SuspendedExecution> {
    const checked = checkEffectResult(result, 'result')
    const signal = checkSignal(checkOptions(options, 'options', ['signal']).signal)
    signal?.throwIfAborted()
    this.#begin()
    let answer: Answer | undefined
    let next: SuspendedExecution | undefined
    try {
      const resumed = await this.#conversation.resume(checked, signal)
      await this.#options.passedOn(signal)
      if (resumed === undefined) {
        next = new SuspendedExecution(this.#conversation, this.#options)
        return next
      }
      answer = resumed
      return answer
    } catch (error) {
      await this.#options.passedOn(signal).catch(() => {})
      throw error
    } finally {
      if (next === undefined) this.#end(answer)
    }
  }

  /** Gives the execution up, and its instance back. Idempotent; nothing happens after `resume`. */
  close(): void {
    if (this.#isOver) return
    this.#begin()
    this.#end(undefined)
  }

  /** Does what `close` does, at the end of the block that says `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  #begin(): void {
    const { error } = this.#options.revocation
    if (this.#isOver) {
      throw error ?? new PluginHostError('ERR_CLOSED', 'the execution has been resumed or closed already', {})
    }
    this.#isOver = true
    this.#stopListening()
  }

  #end(answer: Answer | undefined): void {
    this.#conversation.close()
    this.#options.onEnd(answer)
  }
}
