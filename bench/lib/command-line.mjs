// What the comparisons can be asked for.

import { parseArgs } from 'node:util'
import { Stop } from '../../scripts/steps.mjs'

/** The options; undefined for a wrong command line, which is said and sets the exit code. */
export function readCommandLine() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        'no-build': { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    console.error(error.message)
    process.exitCode = 2
  }
}

/** The names that contain one of the words: all of them without words. `what` is what they name. */
export function select(names, words, what) {
  if (words.length === 0) return names
  for (const word of words) {
    if (!names.some(name => name.includes(word)))
      throw new Stop(`no ${what} has '${word}' in its name: ${names.join(', ')}`)
  }
  return names.filter(name => words.some(word => name.includes(word)))
}
