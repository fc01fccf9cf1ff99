import { invalidArgument } from '../errors.js'

/**
 * Something with these methods, which may be inherited.
 *
 * @throws {PluginHostError} `ERR_INVALID_ARG`.
 */
export function checkMethods<T extends object>(
  value: T,
  path: string,
  methods: readonly (keyof T & string)[],
): T {
  const absent = methods.find(name => typeof value?.[name] !== 'function')
  if (typeof value !== 'object' || absent !== undefined)
    throw invalidArgument(path, `must be an object with the methods ${methods.join(', ')}`)
  return value
}
