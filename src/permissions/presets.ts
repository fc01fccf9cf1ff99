import { checkApp } from '../directories.js'
import { inertLine } from '../inert.js'
import { FilePermissionStore, permissionsFile } from './file-store.js'
import { MemoryPermissionStore } from './memory-store.js'
import type { PermissionNotice } from './notice.js'
import type { PermissionOptions } from './options.js'
import { readPermissionPolicy } from './policy.js'
import { CiPermissionStrategy } from './strategies/ci.js'
import { DefaultPermissionStrategy } from './strategies/default.js'
import { PermissivePermissionStrategy } from './strategies/permissive.js'
import { StrictPermissionStrategy } from './strategies/strict.js'
import { TrustAllPermissionStrategy } from './strategies/trust-all.js'
import { TerminalPermissionPrompt } from './terminal-prompt.js'

let hasWarned = false

/** Ways to decide what plugins may do. Each is a fresh object that can be spread and changed. */
export const PermissionPresets = {
  /**
   * Asks on the terminal, and remembers answers in the user's configuration directory for `app`. Where there is no
   * terminal, what is not remembered is refused.
   *
   * @throws {PluginHostError} `ERR_INVALID_ARG`.
   */
  interactive(app: string): PermissionOptions {
    return { ...asking(app), strategy: new DefaultPermissionStrategy() }
  },

  /** Asks on the terminal before every execution, and remembers nothing. */
  strict(app: string): PermissionOptions {
    checkApp(app)
    return {
      strategy: new StrictPermissionStrategy(),
      store: new MemoryPermissionStore(),
      prompt: new TerminalPermissionPrompt(),
      granularity: 'execution',
    }
  },

  /**
   * Grants what a policy file lists, denies what it denies, and asks nobody.
   *
   * @throws {PluginHostError} `ERR_INVALID_ARG` with line, column and key of what is wrong in the file.
   * @throws What the system says of a file that cannot be read.
   */
  ci(policyFile: string | URL): PermissionOptions {
    const policy = readPermissionPolicy(policyFile)
    return {
      strategy: new CiPermissionStrategy(policy),
      store: new MemoryPermissionStore(),
      deny: policy.deny,
    }
  },

  /** Grants reading and the standard streams; for the rest it is `interactive`. */
  permissive(app: string): PermissionOptions {
    return { ...asking(app), strategy: new PermissivePermissionStrategy() }
  },

  /** Grants whatever is requested, and keeps nothing on disk: for tests of programs. */
  testing(): PermissionOptions {
    return { strategy: new TrustAllPermissionStrategy(), store: new MemoryPermissionStore() }
  },

  /** Grants whatever is requested, to any plugin. The process warns of it once. */
  trustAllDangerous(): PermissionOptions {
    if (!hasWarned) {
      hasWarned = true
      process.emitWarning('every plugin is granted whatever it asks for', {
        type: 'SecurityWarning',
        code: 'SEN_TRUST_ALL',
      })
    }
    return { strategy: new TrustAllPermissionStrategy(), store: new MemoryPermissionStore() }
  },
} as const

function asking(app: string): PermissionOptions {
  return {
    store: new FilePermissionStore(permissionsFile(checkApp(app))),
    prompt: new TerminalPermissionPrompt(),
    onNotice: say,
  }
}

function say({ message }: PermissionNotice): void {
  process.stderr.write(`note: ${inertLine(message)}\n`)
}
