import { inertJson } from './inert.js'

/** Objects and arrays within each other, where not all can be written. */
const MOST_NESTING = 64

/**
 * A value as a JSON document that is safe to print anywhere: on lines of its own, or on one. Never throws: what JSON
 * cannot say, since it goes round in a circle, is too deep, or throws when it is looked at, is named in its place.
 */
export function toJson(value: unknown, layout: 'lines' | 'line'): string {
  const indent = layout === 'lines' ? 2 : undefined
  // What is no value at all is written as none.
  return inertJson(stringify(value, indent) ?? 'null')
}

function stringify(value: unknown, indent: number | undefined): string | undefined {
  try {
    return JSON.stringify(value, withBigints, indent)
  } catch {
    return JSON.stringify(plain(value, new Set(), 0), withBigints, indent)
  }
}

/** Bigints, such as fuel, as numbers where those are exact, and as texts where they are not. */
function withBigints(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()
}

/**
 * A copy that can be written. Each object is in it once: a graph with circles has more paths through it than anybody
 * can write.
 */
function plain(value: unknown, seen: Set<object>, nesting: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return '[repeated]'
  if (nesting === MOST_NESTING) return '[too deep]'
  seen.add(value)
  try {
    const part = (key: PropertyKey) => plainPart(value, key, seen, nesting + 1)
    if (typeof Reflect.get(value, 'toJSON') === 'function')
      return plain((value as { toJSON(): unknown }).toJSON(), seen, nesting + 1)
    if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => part(index))
    return Object.fromEntries(Object.keys(value).map(key => [key, part(key)]))
  } catch {
    return UNREADABLE
  }
}

/** One property, so that those beside it are written even if it throws. */
function plainPart(value: object, key: PropertyKey, seen: Set<object>, nesting: number): unknown {
  try {
    return plain(Reflect.get(value, key), seen, nesting)
  } catch {
    return UNREADABLE
  }
}

const UNREADABLE = '[unreadable]'
