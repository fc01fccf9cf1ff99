import { NO_CAPABILITIES } from '../../capabilities.js'
import { asksForNothing } from '../../manifest.js'
import type { PermissionContext, PermissionDecision, PermissionStrategy } from '../strategy.js'

/**
 * Remembers what was decided, and asks for the rest.
 *
 * - The same code gets what was granted to it, which may be a part of what it asks for.
 * - New code in the same file that asks for no more keeps the grant; the user is told.
 * - New code that asks for more keeps what it had, and only what is new is asked about.
 * - Code from elsewhere is asked about from the beginning, whatever its command is called.
 */
export class DefaultPermissionStrategy implements PermissionStrategy {
  decide({ request, prior }: PermissionContext): PermissionDecision {
    if (prior === undefined || prior.of === 'other')
      return { type: 'ask', capabilities: request.capabilities, granted: NO_CAPABILITIES }
    if (!asksForNothing(prior.added)) return { type: 'ask', capabilities: prior.added, granted: prior.kept }
    return { type: 'grant', capabilities: prior.kept, isKept: prior.of === 'update' }
  }
}
