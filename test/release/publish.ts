import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Registry, startRegistry } from './registry.js'
import { packDependencies, packPublished, readManifest, root } from './tarballs.js'

/**
 * A registry that has what is published, with this machine's addon, and what it depends on; of the
 * addons for other platforms it knows only that there are some. What is packed goes below `directory`.
 */
export async function publish(directory: string): Promise<Registry> {
  const published = await packPublished(join(directory, 'published'))
  const dependencies = await packDependencies(await readManifest(root), join(directory, 'dependencies'))
  const platforms = await readdir(join(root, 'npm'))
  const announced = await Promise.all(platforms.map(name => readManifest(join(root, 'npm', name))))
  return startRegistry([...published, ...dependencies], announced)
}
