// Figures are taken in processes that do nothing else, and print them as JSON.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { at, Stop } from '../../scripts/steps.mjs'

/**
 * Runs `programs/NAME.mjs` in a new process and returns what it prints.
 *
 * @param cpu - The only processor that it may use; without, all of them. Needs `taskset`, of Linux.
 * @param flags - Options of Node's.
 */
export async function inChild(name, args, { cpu, flags = [] } = {}) {
  const node = [process.execPath, '--expose-gc', ...flags, at('bench', 'capacity', 'programs', `${name}.mjs`)]
  const [command, ...words] = cpu === undefined ? node : ['taskset', '-c', String(cpu), ...node]
  const child = spawn(command, [...words, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A program names its cache; nothing is to come from the user's.
    env: { ...process.env, SEN_PLUGIN_HOST_CACHE: 'off', NODE_NO_WARNINGS: '1' },
  })
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (status !== 0) throw new Stop(`${name} ${args.join(' ')} ended with ${status}, see above`)
  return JSON.parse(output)
}
