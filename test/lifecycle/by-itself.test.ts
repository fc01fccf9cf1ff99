import { expect, test } from 'vitest'
import { guestFile, temporaryDirectory } from '../guest.js'
import { rounds } from './rounds.js'

const aborted = [
  ['AbortError', 20],
  ['PluginHostError', 'ERR_UNLOADED'],
  ['PluginHostError', 'ERR_CLOSED'],
]
const situations = [
  ['when nothing is going on, though nothing was closed', 'echo', 'idle.mjs', [], 'done'],
  ['when a plugin is loaded that it waits for', 'echo', 'pending.mjs', ['load'], 'done'],
  ['when a plugin has executed', 'grow-memory-to-limit', 'pending.mjs', ['execute'], 'done'],
  ['when a live instance has executed', 'grow-memory-to-limit', 'pending.mjs', ['live'], 'done'],
  ['when a plugin has slept', 'effect-sleep', 'pending.mjs', ['execute'], 'done'],
  [
    'when nobody waits any more for a plugin that sleeps for an hour',
    'effect-sleep-hour',
    'aborted-sleep.mjs',
    [],
    JSON.stringify(aborted),
  ],
  ['when silence has answered an open question', 'echo', 'unanswered.mjs', [], 'timed-out'],
] as const

test.each(situations)(
  'a process ends by itself %s, not before, and prints nothing on the way out',
  async (_, guest, program, words, output) => {
    const path = await guestFile(await temporaryDirectory(), guest)
    await rounds(
      program,
      [...words, path],
      ended => expect(ended).toEqual({ code: 0, signal: null, stdout: `${output}\n`, stderr: '' }),
      { situations: situations.length },
    )
  },
)
