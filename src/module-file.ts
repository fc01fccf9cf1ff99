import { type BigIntStats, close, constants, fstat, open, read } from 'node:fs'
import { promisify } from 'node:util'
import { PluginHostError } from './errors.js'
import { type Metadata, metadataOf } from './watch/metadata.js'

// Not by `node:fs/promises`, whose calls cost more, and which takes a millisecond to load.
const openFile = promisify(open)
const statOf = promisify(fstat)
const readFrom = promisify(read)
const closeFile = promisify(close)

/** Bytes of a module: read no further than that. */
export const MAX_MODULE_BYTES = 16 * 2 ** 20

/**
 * Reads a module from a file: what is checked is what is read, through one descriptor. A pipe or
 * device under the name of a plugin neither blocks nor is read without end.
 */
export async function readModule(path: string): Promise<Uint8Array> {
  return await withModuleFile(path, (file, stat) => contentOf(file, stat, path))
}

/** The same, with what the file was before it was read, and whether it was still that afterwards. */
export async function readModuleFile(
  path: string,
): Promise<{ readonly module: Uint8Array; readonly metadata: Metadata; readonly isWhole: boolean }> {
  return await withModuleFile(path, async (file, stat) => {
    const metadata = metadataOf(stat)
    const module = await contentOf(file, stat, path)
    const after = await statOf(file, { bigint: true })
    // Not by `ctimeNs`: that changes too when the file gives its name to another.
    const isWhole = after.mtimeNs === stat.mtimeNs && after.size === stat.size
    return { module, metadata, isWhole }
  })
}

/** Opens a file that can hold a module. */
async function withModuleFile<Result>(
  path: string,
  read: (file: number, stat: BigIntStats) => Promise<Result>,
): Promise<Result> {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const file = await openFile(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = await statOf(file, { bigint: true })
    // Reading a directory fails with Node's own EISDIR.
    if (!stat.isFile() && !stat.isDirectory()) {
      throw new PluginHostError('ERR_INVALID_MODULE', `${path} is not a regular file`, { path })
    }
    checkSize(Number(stat.size), path)
    return await read(file, stat)
  } catch (error) {
    // Node leaves the path out where it only knows the descriptor.
    if (error instanceof Error && 'syscall' in error) Object.assign(error, { path })
    throw error
  } finally {
    await closeFile(file)
  }
}

/** What is in a file of this size; where it says 0, as some file systems do of all files, whatever is there. */
async function contentOf(file: number, stat: BigIntStats, path: string): Promise<Uint8Array> {
  const size = Number(stat.size)
  const content = Buffer.allocUnsafe(size === 0 ? MAX_MODULE_BYTES + 1 : size)
  let length = 0
  while (length < content.length) {
    // Not `readFile`, which of a descriptor that it did not open keeps errors to itself.
    const { bytesRead } = await readFrom(file, content, length, content.length - length, null)
    if (bytesRead === 0) break
    length += bytesRead
  }
  checkSize(length, path)
  return content.subarray(0, length)
}

/** Refuses bytes that are over the limit before they are copied. */
export function checkModuleSize(bytes: Uint8Array): void {
  checkSize(bytes.byteLength)
}

function checkSize(actual: number, path?: string): void {
  if (actual <= MAX_MODULE_BYTES) return
  const what = 'a size in bytes'
  const details = { what, limit: MAX_MODULE_BYTES, actual, ...(path === undefined ? {} : { path }) }
  const message = `the module has ${what} of ${actual}, over the limit of ${MAX_MODULE_BYTES}`
  throw new PluginHostError('ERR_MODULE_TOO_COMPLEX', message, details)
}
