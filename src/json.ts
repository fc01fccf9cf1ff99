import { inertJson } from './inert.js'

/** A value as a JSON document that is safe to print anywhere: on lines of its own, or on one. */
export function toJson(value: unknown, layout: 'lines' | 'line'): string {
  return inertJson(JSON.stringify(value, withBigints, layout === 'lines' ? 2 : undefined))
}

/** Bigints, such as fuel, as numbers where those are exact, and as texts where they are not. */
function withBigints(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()
}
