import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'

/**
 * Makes a file hold a text: whole or not at all, whoever reads it meanwhile. One that holds it
 * already is left alone, so that nobody who watches it is woken.
 *
 * @returns Whether it was written.
 * @throws What the system says; the file is then what it was.
 */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  if ((await contents(path)) === text) return false
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  return true
}

async function contents(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    // Not there, or not readable: writing it says what is wrong.
    return undefined
  }
}
