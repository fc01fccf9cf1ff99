/** Calls `call` as deep in JavaScript recursion as it can be called at all, and returns what it returns. */
export function deepest<T>(call: () => T): T
