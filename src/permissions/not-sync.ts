import { denied } from './denial.js'
import type { PermissionRequest } from './request.js'

/** Refuses an execution that would have to wait for this. */
export function refuseLater(request: PermissionRequest, work: Promise<unknown>, problem: string): never {
  // What becomes of it is nobody's concern any more.
  work.catch(() => {})
  throw cannotWait(request, problem)
}

/** The refusal of an execution that the event loop waits for. */
export function cannotWait(request: PermissionRequest, problem: string) {
  const message = `${problem}, and executeSync cannot wait for it: use the asynchronous execute`
  return denied(request, 'not-sync', message)
}

/** Why an execution would have to wait for its record. */
export const RECORDS_LATER = 'a required audit sink records later'
