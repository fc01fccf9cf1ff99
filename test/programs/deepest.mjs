/** Calls `call` as deep in JavaScript recursion as it can be called at all, and returns what it returns. */
export function deepest(call) {
  try {
    return deepest(call)
  } catch (error) {
    // The stack was full, here or further down: once there is room enough, `call` is what fails or not.
    if (!(error instanceof RangeError)) throw error
    return call()
  }
}
