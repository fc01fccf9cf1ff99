import { invalidArgument } from '../errors.js'
import type { PermissionAnswer, PermissionPrompt, PermissionQuestion } from './prompt.js'

/** Remembers what was asked, and gives answers that were laid out before: for tests. */
export class RecordingPermissionPrompt implements PermissionPrompt {
  /** The questions so far, oldest first. */
  readonly questions: PermissionQuestion[] = []
  readonly #answers: PermissionAnswer[]

  /**
   * @param answers - One for each question, in order. When they are used up, the answer is no.
   * @throws {PluginHostError} `ERR_INVALID_ARG`.
   */
  constructor(answers: readonly PermissionAnswer[] = []) {
    if (!Array.isArray(answers)) throw invalidArgument('answers', 'must be an array of answers')
    this.#answers = [...answers]
  }

  async ask(question: PermissionQuestion): Promise<PermissionAnswer> {
    this.questions.push(question)
    return this.#answers.shift() ?? { type: 'deny' }
  }
}
