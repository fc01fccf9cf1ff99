import { once } from 'node:events'
import { type ResourceLimits, Worker } from 'node:worker_threads'
import type { Limits } from 'sen-plugin-host'
import { program } from './system.js'

/** A way to execute: in a registry or on a live instance, awaited or not, on a stack that is all but full. */
export type Way = 'execute' | 'executeSync' | 'live' | 'liveSync' | 'deepSync'

/** What came of an execution in a Worker. */
export type Outcome =
  | { readonly type: string; readonly output: string; readonly fuel: bigint }
  | { readonly code: string; readonly fuel?: bigint }

export interface Job {
  readonly module: Uint8Array
  readonly args?: readonly string[]
  readonly limits?: Limits
  readonly ways?: readonly Way[]
  readonly runs?: number
  /** Whether it is granted what it asks for, in a registry. */
  readonly granted?: boolean
}

/** Executes a plugin in a Worker of its own, which ends afterwards. */
export async function inWorker(workerData: Job, resourceLimits?: ResourceLimits): Promise<Outcome[]> {
  const worker = new Worker(program('worker.mjs'), {
    workerData,
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  })
  const exit = once(worker, 'exit')
  const [outcomes] = await once(worker, 'message')
  const [code] = await exit
  if (code !== 0) throw new Error(`the Worker ended with ${code}`)
  return outcomes
}
