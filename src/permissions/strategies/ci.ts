import { common, NO_CAPABILITIES, union } from '../../capabilities.js'
import { asksForNothing } from '../../manifest.js'
import type { PermissionPolicy } from '../policy.js'
import type { PermissionContext, PermissionDecision, PermissionStrategy } from '../strategy.js'

/**
 * Grants what a policy file lists, and asks nobody. A plugin of which a part is listed gets that part.
 */
export class CiPermissionStrategy implements PermissionStrategy {
  readonly #policy: PermissionPolicy

  /** @param policy - What `readPermissionPolicy` read. Its deny list is an option of its own. */
  constructor(policy: PermissionPolicy) {
    this.#policy = policy
  }

  decide({ request, now }: PermissionContext): PermissionDecision {
    const entries = this.#policy.plugins
      .filter(({ digest }) => digest === undefined || digest === request.digest)
      .filter(({ path }) => path === undefined || path === request.path)
      .filter(({ command }) => command === undefined || command === request.command)
      .filter(({ until }) => until === undefined || now < until)
    const listed = entries.reduce((sum, { capabilities }) => union(sum, capabilities), NO_CAPABILITIES)
    const capabilities = common(listed, request.capabilities)
    const [until] = entries.flatMap(({ until }) => until ?? []).sort((a, b) => a.getTime() - b.getTime())
    if (!asksForNothing(capabilities))
      return { type: 'grant', capabilities, ...(until === undefined ? {} : { until }) }
    const message = `the policy file ${this.#policy.file} lists nothing that it asks for: add an entry for ${request.digest} to its "plugins"`
    return { type: 'deny', reason: 'not-listed', message }
  }
}
