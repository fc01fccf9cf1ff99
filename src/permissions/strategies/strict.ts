import { NO_CAPABILITIES } from '../../capabilities.js'
import type { PermissionContext, PermissionDecision, PermissionStrategy } from '../strategy.js'

/** Asks each time, for everything, whatever was decided before; and has no answer remembered. */
export class StrictPermissionStrategy implements PermissionStrategy {
  decide({ request }: PermissionContext): PermissionDecision {
    const { capabilities } = request
    return { type: 'ask', capabilities, granted: NO_CAPABILITIES, remember: false }
  }
}
