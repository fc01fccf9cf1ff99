import { NO_CAPABILITIES } from '../capabilities.js'
import { PluginHostError } from '../errors.js'
import type { Capabilities } from '../manifest.js'

/** Why an execution was refused, in `details.reason`. A strategy or prompt of a program's own may have others. */
export type PermissionDeniedReason =
  /** The registry has no `permissions`. */
  | 'unconfigured'
  /** Everything that was requested is on a deny list. */
  | 'denied'
  /** A person said no. */
  | 'refused'
  /** Nobody waits for the answer any more. */
  | 'withdrawn'
  /** Nobody answered in time. */
  | 'timed-out'
  /** It is more than a person would read. */
  | 'too-much'
  /** There is nobody to be asked. */
  | 'no-prompt'
  /** Somebody has to be asked, and `executeSync` cannot wait. */
  | 'not-sync'
  /** The policy file does not list it. */
  | 'not-listed'
  /** The store of grants cannot be used. */
  | 'store'
  /** An audit sink that is required failed. */
  | 'audit'
  /** A strategy or prompt failed, or said nothing that can be understood. */
  | 'failed'

/** @internal */
export function denied(
  { command, capabilities }: { readonly command: string; readonly capabilities: Capabilities },
  reason: string,
  message: string,
  cause?: unknown,
): PluginHostError<'ERR_PERMISSION_DENIED'> {
  return new PluginHostError(
    'ERR_PERMISSION_DENIED',
    `${command} was refused: ${message}`,
    { command, reason, capabilities },
    cause === undefined ? undefined : { cause },
  )
}

/** @internal A store or policy file that cannot be used, whoever asks for it. */
export function storeError(message: string, cause?: unknown): PluginHostError<'ERR_PERMISSION_DENIED'> {
  return new PluginHostError(
    'ERR_PERMISSION_DENIED',
    message,
    { command: '', reason: 'store', capabilities: NO_CAPABILITIES },
    cause === undefined ? undefined : { cause },
  )
}
