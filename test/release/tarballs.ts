import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a package's manifest has to say that is looked at. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** A packed package. */
export interface Tarball {
  readonly path: string
  readonly manifest: Manifest
}

/** A temporary directory that whoever makes it removes. */
export function scratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sen-release-'))
}

/** Packs what is published, with this machine's addon, into a directory; the root's package comes first. */
export async function packPublished(directory: string): Promise<Tarball[]> {
  await run(process.execPath, [join(root, 'scripts', 'package.mjs'), '--output', directory], { cwd: root })
  return readTarballs(directory)
}

/** Packs what the package depends on, as it is installed here, into a directory. */
export async function packDependencies(manifest: Manifest, directory: string): Promise<Tarball[]> {
  await mkdir(directory)
  const folders = Object.keys(manifest.dependencies ?? {}).map(name => join(root, 'node_modules', name))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', directory, ...folders], { cwd: root })
  return readTarballs(directory)
}

/** The path of each file in a tarball, in the package. */
export async function listFiles({ path }: Tarball): Promise<string[]> {
  const { stdout } = await run('tar', ['-tzf', path])
  return stdout.trim().split('\n').map(withoutFolder)
}

/** The package.json of a folder. */
export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
}

/** Removes a directory and all in it. */
export function removeAll(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true })
}

async function readTarballs(directory: string): Promise<Tarball[]> {
  const names = (await readdir(directory)).filter(name => name.endsWith('.tgz')).sort()
  return Promise.all(
    names.map(async name => {
      const path = join(directory, name)
      const { stdout } = await run('tar', ['-xzOf', path, 'package/package.json'])
      return { path, manifest: JSON.parse(stdout) as Manifest }
    }),
  )
}

const withoutFolder = (path: string) => path.slice(path.indexOf('/') + 1)
