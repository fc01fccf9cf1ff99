import { invalidArgument } from '../errors.js'
import type * as native from '../native.js'
import { checkInteger, checkOneOf } from '../options.js'
import type { EffectResult } from '../outcome.js'

/** Checks the result of an effect as a program gave it, for the addon. */
export function checkEffectResult(value: EffectResult, path: string): native.EffectResult {
  if (typeof value !== 'object' || value === null) throw invalidArgument(path, 'must be an effect result')
  switch (checkOneOf(value.type, `${path}.type`, ['http', 'sleepComplete', 'error'])) {
    case 'sleepComplete':
      return { type: 'sleepComplete' }
    case 'error':
      return { type: 'error', message: text((value as { message: unknown }).message, `${path}.message`) }
    case 'http': {
      const { status, body, headers } = value as { status: unknown; body: unknown; headers: unknown }
      return {
        type: 'http',
        status: checkInteger(status, `${path}.status`, 0, 65_535),
        body: text(body, `${path}.body`),
        headers: checkHeaders(headers, `${path}.headers`),
      }
    }
  }
}

function checkHeaders(value: unknown, path: string): [string, string][] {
  if (!Array.isArray(value)) throw invalidArgument(path, 'must be an array of pairs of strings')
  return Array.from(value, (pair: unknown, index): [string, string] => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw invalidArgument(path, `must be an array of pairs of strings, which number ${index} is not`)
    }
    return [text(pair[0], path), text(pair[1], path)]
  })
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalidArgument(path, 'must be a string')
  return value
}
