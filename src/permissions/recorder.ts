import type { AuditEvent, AuditEventType, JsonValue } from '../audit/event.js'
import type { AuditSink } from '../audit/sink.js'
import type { PluginHostError } from '../errors.js'
import type { Capabilities } from '../manifest.js'
import { denied } from './denial.js'
import type { PermissionRequest } from './request.js'
import { AuditTrail } from './trail.js'

/** Whose event it is. */
export type Recorded = Pick<PermissionRequest, 'command' | 'digest'> & { readonly path?: string | undefined }

/** What belongs to an event. */
export interface RecordDetails {
  readonly capabilities?: Capabilities
  readonly [key: string]: JsonValue | Capabilities | undefined
}

/** What the audit is told of permissions. */
export class PermissionRecorder {
  readonly #trail: AuditTrail

  constructor(sink: AuditSink | undefined) {
    this.#trail = new AuditTrail(sink)
  }

  /**
   * Records what may not happen unrecorded: returns a promise where that is to be waited for.
   *
   * @throws {PluginHostError} `ERR_PERMISSION_DENIED` where a required sink fails; the promise rejects with it.
   */
  record(
    who: Recorded,
    type: AuditEventType,
    details: RecordDetails & { readonly capabilities: Capabilities },
  ): Promise<void> | undefined {
    if (!this.#trail.isOpen) return undefined
    const { command } = who
    const failed = (error: unknown) =>
      denied(
        { command, capabilities: details.capabilities },
        'audit',
        'an audit sink that is required failed',
        error,
      )
    try {
      return this.#trail.record(eventOf(who, type, details))?.catch((error: unknown) => {
        throw failed(error)
      })
    } catch (error) {
      throw failed(error)
    }
  }

  /** Records what happens in any case. */
  note(who: Recorded, type: AuditEventType, details?: RecordDetails): void {
    if (this.#trail.isOpen) this.#trail.note(eventOf(who, type, details))
  }

  /** A refusal, which is recorded. */
  refuse(
    request: PermissionRequest,
    reason: string,
    message: string,
    cause?: unknown,
  ): PluginHostError<'ERR_PERMISSION_DENIED'> {
    this.note(request, 'denied', { reason, capabilities: request.capabilities })
    return denied(request, reason, message, cause)
  }
}

function eventOf(
  { command, digest, path }: Recorded,
  type: AuditEventType,
  details: RecordDetails | undefined,
): Omit<AuditEvent, 'time'> {
  return {
    type,
    command,
    digest,
    ...(path === undefined ? {} : { path }),
    // Capabilities are JSON, which their declaration does not say.
    ...(details === undefined ? {} : { details: details as Record<string, JsonValue> }),
  }
}
