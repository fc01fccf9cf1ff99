import { type Limits, PluginRegistry } from 'sen-plugin-host'
import { guest } from './guest.js'

/** Under these limits a guest that loops for ever is ended by somebody else, or the test has failed by then. */
export const endless = { fuel: 2n ** 64n - 1n, timeoutMs: 20_000 } satisfies Limits

/**
 * Lets a hundred executions pass, one after the other, on threads of their own: what was started
 * before runs by then, and what could end without anybody's help has ended.
 */
export async function meanwhile(): Promise<void> {
  const registry = new PluginRegistry()
  await registry.loadPlugin(await guest('busy'))
  // Too long for the event loop's own thread.
  for (let execution = 0; execution < 100; execution++) await registry.execute('busy', ['20000'])
  await registry.close()
}

/** What a promise has come to, as far as is known when this is asked. */
export type State = 'pending' | 'fulfilled' | 'rejected'

/** Follows a promise; its rejection is no longer unhandled. */
export function follow(work: Promise<unknown>): { state(): State } {
  let state: State = 'pending'
  work.then(
    () => {
      state = 'fulfilled'
    },
    () => {
      state = 'rejected'
    },
  )
  return { state: () => state }
}
