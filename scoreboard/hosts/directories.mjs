// What the hosts have in common that are told of directories and run the guest's exports, whose reports go to standard
// output.

import { resolve } from 'node:path'

export const directories = Object.fromEntries(
  ['read', 'write', 'other', 'flat', 'flat-write'].map(grant => [`/${grant}`, resolve(grant)]),
)

/** How the guest ended: by returning, in a trap, or by its own exit, which is thrown as a symbol. */
export async function outcome(attempt) {
  try {
    await attempt()
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
