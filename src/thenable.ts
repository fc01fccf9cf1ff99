/** @internal Whether a value is to be awaited: a promise, of this realm or another, or what somebody's own code has for one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
