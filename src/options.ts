import { invalidArgument } from './errors.js'

/**
 * Options as an object with no other keys than these: a misspelt option that is silently ignored
 * would leave somebody without the limit that they asked for.
 */
export function checkOptions<T extends object>(
  value: T | undefined,
  path: string,
  keys: readonly (keyof T & string)[],
): T {
  if (value === undefined) return {} as T
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(path, 'must be an object')
  }
  for (const key of Object.keys(value)) {
    if (!(keys as readonly string[]).includes(key)) {
      throw invalidArgument(`${path}.${key}`, `is not an option. There are: ${keys.join(', ')}`, key)
    }
  }
  return value
}

/** A whole number in a range. */
export function checkInteger(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalidArgument(path, `must be a whole number from ${min} to ${max}`)
  }
  return value
}

/** `true` or `false`. */
export function checkBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw invalidArgument(path, 'must be true or false')
  return value
}

/** One of these words. */
export function checkOneOf<T extends string>(value: unknown, path: string, words: readonly T[]): T {
  const word = words.find(word => word === value)
  if (word === undefined) throw invalidArgument(path, `must be one of: ${words.join(', ')}`)
  return word
}

/** A plugin's arguments: a copy, which the caller cannot change while the call waits. */
export function checkArgs(value: unknown): string[] {
  if (!Array.isArray(value)) throw invalidArgument('args', 'must be an array of strings')
  const args: string[] = []
  // By index, since iteration and methods such as `every` can be somebody's own, or pass over holes.
  for (let index = 0; index < value.length; index += 1) {
    const arg: unknown = value[index]
    if (typeof arg !== 'string') {
      throw invalidArgument('args', `must be an array of strings, which number ${index} is not`)
    }
    args.push(arg)
  }
  return args
}

/** An abort signal, if there is one. */
export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw invalidArgument('options.signal', 'must be an AbortSignal')
}
