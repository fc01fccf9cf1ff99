import { setTimeout as sleep } from 'node:timers/promises'
import type { Effect, EffectResult } from '../outcome.js'

/** The longest that a plugin may ask its host to wait. */
export const MAX_SLEEP_MS = 60_000

/**
 * Carries out what a plugin asks for, within what it was granted: sleeping needs no capability;
 * the network does, and is granted to nobody.
 */
export async function carryOut(effect: Effect, signal: AbortSignal): Promise<EffectResult> {
  switch (effect.type) {
    case 'sleep':
      await sleep(Math.min(effect.durationMs, MAX_SLEEP_MS), undefined, { signal })
      return { type: 'sleepComplete' }
    case 'httpGet':
    case 'httpPost':
      return { type: 'error', message: 'access to the network was not granted' }
  }
}
