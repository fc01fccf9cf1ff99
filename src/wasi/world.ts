import type * as native from '../native.js'

/**
 * @internal What executions of a WASI plugin find outside of themselves. Those that find the same share one, which is
 * given up when the last of them is over: descriptors are too few to wait for the garbage collector.
 */
export class World {
  readonly native: native.World
  #users = 0
  #isRetired = false

  constructor(world: native.World) {
    this.native = world
  }

  /** For another execution, which calls `release` when it is over. */
  use(): this {
    this.#users += 1
    return this
  }

  /** An execution is over, or will not begin. One that has begun keeps what it needs. */
  release(): void {
    this.#users -= 1
    this.#giveUp()
  }

  /** No other execution will use it. */
  retire(): void {
    this.#isRetired = true
    this.#giveUp()
  }

  #giveUp(): void {
    if (this.#isRetired && this.#users === 0) this.native.release()
  }
}
