import { readCapabilities } from '../capabilities.js'
import { InvalidValue } from '../invalid-value.js'
import type { PermissionDecision } from './strategy.js'

/**
 * A strategy's decision, which may be that of a program's own: checked, and complete where it left capabilities out.
 *
 * @throws {InvalidValue} For the first thing that is wrong.
 */
export function checkDecision(value: unknown): PermissionDecision {
  if (typeof value !== 'object' || value === null) throw new InvalidValue([], 'must be an object')
  const decision = value as { readonly [key: string]: unknown }
  const { type } = decision
  switch (type) {
    case 'grant': {
      const { isKept, until } = decision
      if (until !== undefined && !(until instanceof Date && !Number.isNaN(until.getTime())))
        throw new InvalidValue(['until'], 'must be a date')
      return {
        type,
        capabilities: capabilities(decision, 'capabilities'),
        isKept: isKept === true,
        ...(until === undefined ? {} : { until }),
      }
    }
    case 'ask':
      return {
        type,
        capabilities: capabilities(decision, 'capabilities'),
        granted: capabilities(decision, 'granted'),
        remember: decision.remember !== false,
      }
    case 'deny':
      return { type, reason: text(decision, 'reason'), message: text(decision, 'message') }
    default:
      throw new InvalidValue(['type'], 'must be grant, ask or deny')
  }
}

function capabilities(decision: { readonly [key: string]: unknown }, key: string) {
  try {
    return readCapabilities(decision[key])
  } catch (error) {
    throw error instanceof InvalidValue ? error.within(key) : error
  }
}

function text(decision: { readonly [key: string]: unknown }, key: string): string {
  const value = decision[key]
  if (typeof value !== 'string' || value === '') throw new InvalidValue([key], 'must be a text')
  return value
}
