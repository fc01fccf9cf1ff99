import { checkOneOf } from '../options.js'
import type { PermissionAnswer, PermissionPrompt } from './prompt.js'

/** Always the same answer, for programs that nobody watches. */
export class AutomaticPermissionPrompt implements PermissionPrompt {
  readonly #answer: 'yes' | 'no'

  /** @param answer - `yes` grants everything that is asked for, for as long as the registry. */
  constructor(answer: 'yes' | 'no') {
    this.#answer = checkOneOf(answer, 'answer', ['yes', 'no'])
  }

  async ask(): Promise<PermissionAnswer> {
    return this.#answer === 'yes' ? { type: 'grant', duration: 'session' } : { type: 'deny' }
  }
}
