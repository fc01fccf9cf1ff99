import { isThenable } from '../thenable.js'
import type { PermissionRecorder } from './recorder.js'
import type { PermissionRequest } from './request.js'

/** What a user should know of a decision that nobody was asked about. */
export interface PermissionNotice {
  /**
   * `kept`: new code in a plugin's file keeps the grant of the code before. `not-remembered`: an answer could not be
   * written down, and holds as long as the registry, whatever is revoked meanwhile.
   */
  readonly type: 'kept' | 'not-remembered'
  /** As in `PermissionRequest`. */
  readonly command: string
  /** The code that the notice is about. */
  readonly digest: string
  /** The code that the grant was given to. */
  readonly previousDigest?: string
  /** A sentence, in which nothing is the plugin's but its command. */
  readonly message: string
}

/**
 * @internal Tells the user of a decision that nobody was asked about.
 *
 * @throws {PluginHostError} `ERR_PERMISSION_DENIED` where they cannot be told: it does not hold behind their back.
 */
export function tell(
  onNotice: ((notice: PermissionNotice) => void) | undefined,
  request: PermissionRequest,
  notice: Pick<PermissionNotice, 'type' | 'previousDigest' | 'message'>,
  recorder: PermissionRecorder,
): void {
  const { command, digest } = request
  try {
    const told: unknown = onNotice?.({ command, digest, ...notice })
    if (isThenable(told)) told.then(undefined, warn)
  } catch (error) {
    throw recorder.refuse(request, 'failed', 'nobody could be told of it, as onNotice failed', error)
  }
}

function warn(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`the onNotice of a registry's permissions failed: ${text}`, {
    type: 'PermissionWarning',
    code: 'SEN_NOTICE_FAILED',
  })
}
