// Not `node:fs/promises`: this is loaded by its first use, and takes a millisecond.
import { promises } from 'node:fs'

/**
 * @internal Makes a file hold a text, in a directory that is there: it is whole, or as it was before, for whoever reads it
 * meanwhile, and whatever becomes of the process.
 *
 * @param mode - Of the file, before the process's mask. Default: as for any file.
 * @throws What the system says.
 */
export async function writeWhole(path: string, text: string, mode = 0o666): Promise<void> {
  // Takes a few milliseconds to load, which programs that write no such file are spared.
  const { randomUUID } = await import('node:crypto')
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await promises.open(draft, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await promises.rename(draft, path)
  } catch (error) {
    await promises.rm(draft, { force: true })
    throw error
  }
}
