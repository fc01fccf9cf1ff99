// SHA256SUMS, by which whoever downloads files beside it sees that they are the ones that were made.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const NAME = 'SHA256SUMS'

/** Writes the checksums of all files in a folder, in the form that `sha256sum --check` reads. */
export function writeChecksums(folder) {
  const files = readdirSync(folder)
    .filter(file => file !== NAME)
    .sort()
  writeFileSync(join(folder, NAME), files.map(file => `${sha256(join(folder, file))}  ${file}\n`).join(''))
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
