/** What the project's own tests and benchmarks use of the package besides its entries. Built with them, and not published. */
export { cacheStats, checkCache } from './cache.js'
export {
  absolutePath,
  checkDenied,
  common,
  hashOf,
  missing,
  overlapping,
  readCapabilities,
  union,
  without,
} from './capabilities.js'
export { Executor } from './executor.js'
export { expectExecutions, native } from './native.js'
export { handleOf } from './plugin.js'
