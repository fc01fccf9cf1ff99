import type { Capabilities } from '../manifest.js'
import type * as native from '../native.js'
import type { Wasi } from '../wasi.js'
import type { World } from './world.js'

/** @internal What was opened for these capabilities, and what executions find with it. */
export class OpenedGrant {
  readonly capabilities: Capabilities
  /** Where relative patterns started from. */
  readonly workingDirectory: string
  readonly grant: native.Grant
  /** Whether all directories were there. */
  readonly isComplete: boolean
  readonly #wasi: Wasi
  /** For executions that the event loop waits for, and for others. */
  #blocking: World | undefined
  #awaited: World | undefined

  constructor(wasi: Wasi, capabilities: Capabilities, workingDirectory: string, grant: native.Grant) {
    this.#wasi = wasi
    this.capabilities = capabilities
    this.workingDirectory = workingDirectory
    this.grant = grant
    this.isComplete = grant.isComplete
  }

  /** What an execution finds. To be released when it is over. */
  world(stdin: Uint8Array | undefined, blocking: boolean): World {
    if (stdin !== undefined) {
      const own = this.#wasi.world(this.grant, stdin, blocking).use()
      own.retire()
      return own
    }
    if (blocking) {
      this.#blocking ??= this.#wasi.world(this.grant, undefined, true)
      return this.#blocking.use()
    }
    this.#awaited ??= this.#wasi.world(this.grant, undefined, false)
    return this.#awaited.use()
  }

  /** Closes what is open once no execution uses it. */
  release(): void {
    this.grant.release()
    this.#blocking?.retire()
    this.#awaited?.retire()
  }
}
