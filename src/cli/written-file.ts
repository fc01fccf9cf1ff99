import { readFile } from 'node:fs/promises'
import { writeWhole } from '../whole-file.js'

/**
 * Makes a file hold a text: whole or not at all, whoever reads it meanwhile. One that holds it
 * already is left alone, so that nobody who watches it is woken.
 *
 * @returns Whether it was written.
 * @throws What the system says; the file is then what it was.
 */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  if ((await contents(path)) === text) return false
  await writeWhole(path, text)
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
