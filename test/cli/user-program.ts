import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSettings } from '../compile.js'
import { temporaryDirectory } from '../guest.js'
import { projectRoot } from './sen.js'

/** What a user's program in TypeScript begins with. */
const PRELUDE = "import { PluginRegistry } from 'sen-plugin-host'\nconst registry = new PluginRegistry()\n"

/** A project of a user's: its program is in `program.mts`, and has the built package to import. */
export interface UserProgram {
  readonly directory: string
  readonly file: string
  readonly text: string
}

/**
 * Writes a user's program, and the settings to compile it with.
 *
 * @param program - What is done with a `registry`.
 * @param declarations - What `sen types` writes. Absent: the user has no such file.
 */
export async function userProgram(program: string, declarations?: string): Promise<UserProgram> {
  const directory = await temporaryDirectory()
  const file = join(directory, 'program.mts')
  const text = `${PRELUDE}${program}\n`
  await mkdir(join(directory, 'node_modules'))
  await symlink(projectRoot, join(directory, 'node_modules', 'sen-plugin-host'), 'junction')
  await symlink(
    join(projectRoot, 'node_modules', '@types'),
    join(directory, 'node_modules', '@types'),
    'junction',
  )
  await writeFile(file, text)
  if (declarations !== undefined) await writeFile(join(directory, 'plugins.d.ts'), declarations)
  await writeSettings(directory)
  return { directory, file, text }
}

/** The lines of a program with these numbers, counted from 0 in the whole file, each once. */
export function linesOf({ text }: UserProgram, numbers: Iterable<number>): string[] {
  const lines = text.split('\n')
  return [...new Set(numbers)].map(number => lines[number] ?? '')
}
