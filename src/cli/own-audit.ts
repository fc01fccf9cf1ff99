import type { FileAuditSink } from '../audit/file-sink.js'
import type { AuditEvent, AuditSink } from '../index.js'
import type { Terminal } from '../terminal.js'

const USER_FILES: Readonly<Record<string, string>> = {
  darwin: '~/Library/Logs/sen/audit.jsonl',
  win32: '%LOCALAPPDATA%\\sen\\Log\\audit.jsonl',
}

/** What `defaultAuditPath()` says, in the words of help texts. */
export const OWN_AUDIT_FILE = USER_FILES[process.platform] ?? '~/.local/state/sen/audit.jsonl'

/**
 * Sen's own audit, which `sen audit show` shows: what plugins asked for, were granted or refused, and used. That a file was
 * loaded is not in it, so that a plugin that asks for nothing costs no time for its audit.
 *
 * What cannot be recorded stops nothing; the first time, it is said.
 */
export class OwnAudit implements AuditSink {
  readonly #terminal: Terminal
  #file: Promise<FileAuditSink> | undefined
  #hasFailed = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  record(event: AuditEvent): void | Promise<void> {
    const { type } = event
    if (type !== 'loaded' && type !== 'unloaded' && type !== 'reloaded') return this.#append(event)
  }

  async #append(event: AuditEvent): Promise<void> {
    try {
      this.#file ??= ownFile()
      const file = await this.#file
      file.record(event)
    } catch (error) {
      if (this.#hasFailed) return
      this.#hasFailed = true
      const reason = error instanceof Error ? error.message : String(error)
      this.#terminal.note(`what plugins are granted and use is not recorded: ${reason}`)
    }
  }
}

/** Loaded where there is something to record. */
async function ownFile(): Promise<FileAuditSink> {
  const { FileAuditSink } = await import('../audit/file-sink.js')
  return new FileAuditSink()
}
