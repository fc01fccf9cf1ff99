import type { JsonValue } from './event.js'

/** UTF-16 units of one string. */
const MOST_OF_STRING = 4096
/** Units of all strings and keys of a record, and `COST_OF_VALUE` for each value. */
const MOST_OF_RECORD = 65_536
const COST_OF_VALUE = 8
/** Objects and arrays within each other: more is a mistake, or goes round in a circle. */
const MOST_NESTING = 32

/** A key that only this writes: what it leaves out of an object. */
const REST = '…'

/**
 * Copies a record within bounds, whatever a plugin made its parts of: a string is kept to 4,096
 * units, a record to 65,536 in all. Where something is left out there stands `…[N more]`: at the end
 * of a string or array, or under the key `…` of an object.
 */
export function bounded(record: object): JsonValue {
  return copy(record, { left: MOST_OF_RECORD }, 0)
}

interface Budget {
  left: number
}

function copy(value: unknown, budget: Budget, nesting: number): JsonValue {
  budget.left -= COST_OF_VALUE
  switch (typeof value) {
    case 'string':
      return cut(value, budget)
    case 'number':
    case 'boolean':
      return value
    case 'bigint':
      return String(value)
    case 'object':
      if (value === null) return null
      if (nesting === MOST_NESTING) return REST
      return Array.isArray(value) ? copyArray(value, budget, nesting) : copyObject(value, budget, nesting)
    default:
      // What JSON has no word for.
      return null
  }
}

function copyArray(array: readonly unknown[], budget: Budget, nesting: number): JsonValue[] {
  const copied: JsonValue[] = []
  for (let index = 0; index < array.length; index += 1) {
    if (budget.left <= 0) {
      copied.push(more(array.length - index))
      break
    }
    copied.push(copy(array[index], budget, nesting + 1))
  }
  return copied
}

function copyObject(object: object, budget: Budget, nesting: number): JsonValue {
  // Without a prototype, `__proto__` is a key like any other.
  const copied: Record<string, JsonValue> = Object.create(null)
  const entries = Object.entries(object).filter(([, value]) => value !== undefined)
  for (const [index, [key, value]] of entries.entries()) {
    if (budget.left <= 0) {
      copied[REST] = more(entries.length - index)
      break
    }
    copied[cut(key, budget)] = copy(value, budget, nesting + 1)
  }
  return copied
}

function cut(text: string, budget: Budget): string {
  const most = Math.max(0, Math.min(MOST_OF_STRING, budget.left))
  budget.left -= Math.min(text.length, most)
  if (text.length <= most) return text
  // Not through the middle of a character.
  const kept = text.slice(0, most).replace(/[\ud800-\udbff]$/, '')
  return kept + more(text.length - kept.length)
}

function more(count: number): string {
  return `…[${count} more]`
}
