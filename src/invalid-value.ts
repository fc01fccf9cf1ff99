/** @internal Something wrong in a value that came from outside, and where: `path` is made of keys and indices. */
export class InvalidValue extends Error {
  readonly path: readonly (string | number)[]

  constructor(path: readonly (string | number)[], problem: string, options?: { cause?: unknown }) {
    super(problem, options)
    this.path = path
  }

  /** The same of a value that has this one under a key. */
  within(key: string): InvalidValue {
    return new InvalidValue([key, ...this.path], this.message, { cause: this })
  }
}
