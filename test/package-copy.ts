import { copyFile, cp, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from './guest.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * The package as it was built but for its addon, in whose place `prepare` may put something else.
 * Returns the copy's `dist`.
 */
export async function copyWithoutAddon(
  prepare: (directory: string, addons: string[]) => Promise<void> = async () => {},
): Promise<string> {
  const copy = await temporaryDirectory()
  const [dist, directory] = [join(root, 'dist'), join(copy, 'dist')]
  await cp(dist, directory, { recursive: true, filter: source => !source.endsWith('.node') })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await copyFile(join(root, 'package.json'), join(copy, 'package.json'))
  await prepare(
    directory,
    (await readdir(dist)).filter(file => file.endsWith('.node')),
  )
  return directory
}
