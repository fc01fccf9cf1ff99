import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { guestFile, plugin, temporaryDirectory } from '../guest.js'

const EXAMPLES = ['hello', 'greet', 'spin']

/** Options for a directory of its own that has these examples or guests, and so takes no longer to load than they do. */
export async function having(...names: readonly string[]): Promise<string[]> {
  const directory = await temporaryDirectory()
  for (const name of names) {
    if (EXAMPLES.includes(name)) await copyFile(plugin(name), join(directory, `${name}.wasm`))
    else await guestFile(directory, name)
  }
  return ['--plugins', directory]
}
