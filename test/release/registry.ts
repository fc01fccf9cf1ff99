import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { json } from 'node:stream/consumers'
import type { Manifest, Tarball } from './tarballs.js'

/** A registry on this machine, with what was put into it and nothing else. */
export interface Registry {
  readonly url: string
  /** The names that were asked for and are not here. */
  readonly unknown: readonly string[]
  /** The names that were published, in that order. */
  readonly published: readonly string[]
  /** The tags that they were published under. */
  readonly tags: ReadonlySet<string>
  close(): Promise<void>
}

/**
 * Serves packages as npm's registry does: a document for each name, and its tarball. `announced` are
 * packages of which there is a document only, as those for other platforms, which nobody downloads.
 * Whoever publishes is believed, unless `refuses` does not want that name.
 */
export async function startRegistry(
  tarballs: readonly Tarball[],
  announced: readonly Manifest[],
  { refuses = () => false }: { refuses?: (name: string) => boolean } = {},
): Promise<Registry> {
  const files = new Map<string, Buffer>()
  const documents = new Map<string, object>()
  const unknown: string[] = []
  const published: string[] = []
  const tags = new Set<string>()
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://registry').pathname).slice(1)
    if (request.method === 'PUT') {
      const { name, versions, 'dist-tags': given } = (await json(request)) as Published
      const isRefused = refuses(name)
      const [manifest] = Object.values(versions)
      if (!isRefused && manifest !== undefined) {
        published.push(name)
        for (const tag of Object.keys(given)) tags.add(tag)
        documents.set(name, document(manifest, manifest.dist as object))
      }
      response.writeHead(isRefused ? 403 : 201, { 'content-type': 'application/json' })
      response.end('{}')
      return
    }
    const body = files.get(path) ?? (documents.has(path) ? JSON.stringify(documents.get(path)) : undefined)
    if (body === undefined) unknown.push(path)
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': files.has(path) ? 'application/octet-stream' : 'application/json',
    })
    response.end(body ?? '{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  for (const { path, manifest } of tarballs) {
    const file = `${manifest.name}/-/${basename(path)}`
    const contents = await readFile(path)
    const integrity = `sha512-${createHash('sha512').update(contents).digest('base64')}`
    files.set(file, contents)
    documents.set(manifest.name, document(manifest, { tarball: url + file, integrity }))
  }
  for (const manifest of announced) {
    if (documents.has(manifest.name)) continue
    const tarball = `${url}${manifest.name}/-/${manifest.name}-${manifest.version}.tgz`
    documents.set(manifest.name, document(manifest, { tarball }))
  }

  return {
    url,
    unknown,
    published,
    tags,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** What npm sends to publish, as far as it is looked at. */
interface Published {
  readonly name: string
  readonly versions: Readonly<Record<string, Manifest>>
  readonly 'dist-tags': Readonly<Record<string, string>>
}

function document(manifest: Manifest, dist: object): object {
  const { name, version } = manifest
  // Package managers that wait until a version is some days old find that it is.
  const time = { [version]: '2026-01-01T00:00:00.000Z' }
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } }, time }
}
