import type { CacheStats } from './cache.js'
import { native } from './native.js'
import type { ExecuteResult } from './outcome.js'

/** How a registry is doing: figures of the moment, and counts since it was created. */
export interface RegistryStats {
  /** Commands that can be executed. */
  readonly plugins: number
  /** Calls since the registry was created. */
  readonly executions: ExecutionStats
  /** Where calls are now. */
  readonly queue: QueueStats
  /** Instances of the process. */
  readonly instances: InstanceStats
  /** Guests' memory and code. */
  readonly memory: MemoryStats
  /** The cache of compiled code; absent where it is switched off. */
  readonly cache?: CacheStats
}

/**
 * Calls of `execute` and `executeSync`, each counted once, when its command has been found and is
 * allowed to run. What is refused before that (`ERR_INVALID_ARG`, `ERR_COMMAND_NOT_FOUND`,
 * `ERR_PERMISSION_DENIED`, `ERR_CLOSED`, a signal that has been aborted already) is not counted.
 */
export interface ExecutionStats {
  /** Calls that have begun. Those that have not ended are what the other three leave of it. */
  readonly total: number
  /** Ended by an answer. */
  readonly succeeded: number
  /** Ended by an error of the plugin's own, which is an answer too. */
  readonly errored: number
  /** Ended by an exception: a fault of the guest, an abort, `ERR_BUSY`, `ERR_UNLOADED`, `ERR_CLOSED`. */
  readonly faulted: number
}

/** Where the calls of this registry are that are not done at once. */
export interface QueueStats {
  /** Calls that wait for a thread, or for a turn of the event loop. */
  readonly waiting: number
  /** Calls that run on a thread. One that waits for the result of an effect is in neither figure. */
  readonly running: number
  /** Threads that there are now: they come with work, and go when there has been none for a while. */
  readonly threads: number
  /** How many may run at once. */
  readonly concurrency: number
  /** How many may wait. */
  readonly limit: number
}

/** Instances of plugins in the whole process: of all registries, loaders and Workers together. */
export interface InstanceStats {
  /** Those that execute, or wait for the result of an effect or for code. */
  readonly executing: number
  /** Live instances, of plugins that are run directly. */
  readonly live: number
  /** Those that are asked for their manifest. */
  readonly loading: number
  /** Pristine ones that stand by for executions. */
  readonly warm: number
}

/** What guests and their code take. */
export interface MemoryStats {
  /** Bytes of linear memory that the instances have together, in the whole process. */
  readonly guestBytes: number
  /**
   * Bytes of compiled code of this registry's plugins: those that wait in line for a command, and
   * replaced ones that still run calls, included. Code that is shared is counted for each.
   */
  readonly codeBytes: number
  /** Whether instances take their memory from a pool or, where address space is limited, have it mapped. */
  readonly allocation: 'pooling' | 'on-demand'
}

/** What the process holds for guests. Nothing where they cannot run at all. */
export function guestsOfProcess(): { instances: InstanceStats } & Omit<MemoryStats, 'codeBytes'> {
  const stats = native().processStats()
  const {
    executing = 0,
    live = 0,
    loading = 0,
    warm = 0,
    memoryBytes = 0,
    allocation = 'on-demand',
  } = stats ?? {}
  return { instances: { executing, live, loading, warm }, guestBytes: memoryBytes, allocation }
}

/** Counts executions: by increments alone, which a full stack cannot keep from happening. */
export class ExecutionCount {
  total = 0
  succeeded = 0
  errored = 0
  faulted = 0

  /** Counts an execution that ended with an answer. */
  answered({ type }: ExecuteResult): void {
    if (type === 'success') this.succeeded += 1
    else this.errored += 1
  }

  get stats(): ExecutionStats {
    const { total, succeeded, errored, faulted } = this
    return { total, succeeded, errored, faulted }
  }
}
