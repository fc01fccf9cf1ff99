import type { PermissionContext, PermissionDecision, PermissionStrategy } from '../strategy.js'

/** Grants whatever is requested. For tests: any plugin can do all that it likes to ask for. */
export class TrustAllPermissionStrategy implements PermissionStrategy {
  decide({ request }: PermissionContext): PermissionDecision {
    return { type: 'grant', capabilities: request.capabilities }
  }
}
