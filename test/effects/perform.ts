import { NO_CAPABILITIES } from '../../src/capabilities.js'
import { EffectBroker } from '../../src/effects/broker.js'
import { checkEffects } from '../../src/effects/options.js'
import type {
  Effect,
  EffectFailureReason,
  EffectOptions,
  EffectResult,
  EffectTrace,
  Header,
  PluginRegistry,
} from '../../src/index.js'

/** Whether a plugin was granted a host. */
export type Granted = (protocol: string, host: string, port: number) => boolean

export interface Performed {
  readonly result: EffectResult
  /** Why it failed, if it did. */
  readonly reason: EffectFailureReason | undefined
  readonly event: EffectTrace
}

/** Carries an effect out without a guest, as a broker with these options does. */
export async function perform(
  effect: Effect,
  options: EffectOptions = {},
  {
    granted = () => true,
    signal = new AbortController().signal,
  }: { granted?: Granted | undefined; signal?: AbortSignal } = {},
): Promise<Performed> {
  const events: EffectTrace[] = []
  const checked = checkEffects(options, 'effects')
  if (checked === 'manual') throw new Error('a broker carries effects out itself')
  const broker = new EffectBroker(checked, {
    // Only passed on.
    registry: {} as PluginRegistry,
    allowsNet: (_grant, protocol, host, port) => granted(protocol, host, port),
    onEffect: event => void events.push(event),
  })
  const plugin = { command: 'test', digest: 'blake3:00' }
  const result = await broker.carryOut(effect, { plugin, grant: NO_CAPABILITIES, signal })
  const [event] = events
  if (event === undefined) throw new Error('the effect was not told of')
  return { result, reason: event.failures.at(-1)?.reason, event }
}

export function get(url: string, headers: readonly Header[] = []): Effect {
  return { type: 'httpGet', id: 1, url, headers }
}

export function post(
  url: string,
  body: string,
  headers: readonly Header[] = [],
  contentType?: string,
): Effect {
  return {
    type: 'httpPost',
    id: 1,
    url,
    body,
    headers,
    ...(contentType === undefined ? {} : { contentType }),
  }
}
