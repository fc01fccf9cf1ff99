import type { PermissionAnswer, PermissionPrompt, PermissionQuestion } from './prompt.js'

/** Remembers what was asked, and gives answers that were laid out before: for tests. */
export class RecordingPermissionPrompt implements PermissionPrompt {
  /** The questions so far, oldest first. */
  readonly questions: PermissionQuestion[] = []
  readonly #answers: PermissionAnswer[]

  /** @param answers - One for each question, in order. When they are used up, the answer is no. */
  constructor(answers: readonly PermissionAnswer[] = []) {
    this.#answers = [...answers]
  }

  async ask(question: PermissionQuestion): Promise<PermissionAnswer> {
    this.questions.push(question)
    return this.#answers.shift() ?? { type: 'deny' }
  }
}
