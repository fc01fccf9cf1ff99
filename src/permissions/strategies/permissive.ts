import { NO_CAPABILITIES, union } from '../../capabilities.js'
import { asksForNothing, type Capabilities } from '../../manifest.js'
import type { PermissionContext, PermissionDecision, PermissionStrategy } from '../strategy.js'
import { DefaultPermissionStrategy } from './default.js'

const rest = new DefaultPermissionStrategy()

/**
 * Grants reading, of files and variables, and the standard streams. Writing and the network are decided as
 * by the default strategy.
 */
export class PermissivePermissionStrategy implements PermissionStrategy {
  decide(context: PermissionContext): PermissionDecision {
    const { request, prior } = context
    const reading = harmless(request.capabilities)
    if (asksForNothing(others(request.capabilities))) return { type: 'grant', capabilities: reading }
    const decision = rest.decide({
      ...context,
      request: { ...request, capabilities: others(request.capabilities) },
      ...(prior === undefined
        ? {}
        : { prior: { ...prior, kept: others(prior.kept), added: others(prior.added) } }),
    })
    if (decision.type === 'grant') return { ...decision, capabilities: union(decision.capabilities, reading) }
    if (decision.type === 'ask') return { ...decision, granted: union(decision.granted, reading) }
    return decision
  }
}

function harmless({ fsRead, envRead, stdio }: Capabilities): Capabilities {
  return { ...NO_CAPABILITIES, fsRead, envRead, stdio }
}

function others({ fsWrite, net }: Capabilities): Capabilities {
  return { ...NO_CAPABILITIES, fsWrite, net }
}
