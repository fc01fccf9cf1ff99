import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Registry, startRegistry } from './registry.js'
import { packDependencies, packPublished, readManifest, root } from './tarballs.js'

/**
 * A registry that has what is published, with this machine's addon, and what it depends on; of the
 * addons for other platforms, and what programs may bring along, it knows only that there are some. What
 * is packed goes below `directory`.
 */
export async function publish(directory: string): Promise<Registry> {
  const published = await packPublished(join(directory, 'published'))
  const manifest = await readManifest(root)
  const dependencies = await packDependencies(manifest, join(directory, 'dependencies'))
  const platforms = (await readdir(join(root, 'npm'))).map(name => join(root, 'npm', name))
  const peers = Object.keys(manifest.peerDependencies ?? {}).map(name => join(root, 'node_modules', name))
  const announced = await Promise.all([...platforms, ...peers].map(readManifest))
  return startRegistry([...published, ...dependencies], announced)
}
