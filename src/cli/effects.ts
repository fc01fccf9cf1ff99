import type { Command } from 'commander'
import type { EffectOptions } from '../index.js'
import type { Terminal } from '../terminal.js'
import { formatMs } from './units.js'

/** What somebody says about effects on the command line. */
export interface EffectFlags {
  readonly allowPrivate?: readonly string[]
}

/** A plugin that sleeps for less than this is not worth a word. */
const WORTH_TELLING_MS = 1000

export function addEffectOptions(command: Command): Command {
  return command.option(
    '--allow-private <ADDRESS>',
    'let plugins connect to an address that is not public, where they were granted the host: 127.0.0.1:8080, [::1]:8080 or 10.0.0.0/8; may be repeated',
    (address: string, earlier: readonly string[] = []) => [...earlier, address],
  )
}

/** Effects as by default, each told of on a terminal as it begins. */
export function effectsOf(terminal: Terminal, { allowPrivate = [] }: EffectFlags): EffectOptions {
  return {
    httpGet: (effect, { plugin, next }) => {
      terminal.progress(plugin.command, `GET ${effect.url}`)
      return next(effect)
    },
    httpPost: (effect, { plugin, next }) => {
      terminal.progress(plugin.command, `POST ${effect.url}`)
      return next(effect)
    },
    sleep: (effect, { plugin, next }) => {
      const { durationMs } = effect
      if (durationMs >= WORTH_TELLING_MS) {
        terminal.progress(plugin.command, `sleeps ${formatMs(durationMs)}`)
      }
      return next(effect)
    },
    http: { allowPrivate },
  }
}
