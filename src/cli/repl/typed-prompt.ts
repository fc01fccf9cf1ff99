import type { Interface } from 'node:readline'
import { PassThrough } from 'node:stream'
import {
  type PermissionAnswer,
  type PermissionPrompt,
  type PermissionQuestion,
  TerminalPermissionPrompt,
} from '../../index.js'
import { permissionHelp } from '../permissions.js'
import type { LineQueue } from './line-queue.js'

/**
 * Asks for permission in a shell, whose editor has the terminal: lines that it reads meanwhile are answers, not
 * commands. Where there is no editor, nobody is asked.
 */
export class TypedPrompt implements PermissionPrompt {
  #shell: { readonly typed: LineQueue; readonly editor: Interface } | undefined

  /** From now on answers come from this editor. */
  listenTo(typed: LineQueue, editor: Interface): void {
    this.#shell = { typed, editor }
  }

  async ask(question: PermissionQuestion, signal: AbortSignal): Promise<PermissionAnswer> {
    if (this.#shell === undefined) {
      return await new TerminalPermissionPrompt({ help: permissionHelp }).ask(question, signal)
    }
    const { typed, editor } = this.#shell
    const input = Object.assign(new PassThrough(), { isTTY: true })
    const end = () => input.end()
    const takeBack = typed.divert(line => input.write(`${line}\n`))
    editor.setPrompt('')
    if (typed.isClosed) end()
    else editor.once('close', end)
    try {
      return await new TerminalPermissionPrompt({ input, help: permissionHelp }).ask(question, signal)
    } finally {
      editor.off('close', end)
      takeBack()
      input.destroy()
    }
  }
}
