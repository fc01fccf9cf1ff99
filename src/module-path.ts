import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invalidArgument } from './errors.js'

/** @internal The absolute path that a string or URL names. */
export function modulePath(source: string | URL, name: string, expected = 'a path or a file: URL'): string {
  if (source instanceof URL) {
    if (source.protocol !== 'file:') throw invalidArgument(name, 'must be a file: URL')
    return checkPath(pathOf(source, name), name)
  }
  if (typeof source !== 'string') throw invalidArgument(name, `must be ${expected}`)
  return checkPath(resolve(source), name)
}

function pathOf(url: URL, name: string): string {
  try {
    return fileURLToPath(url)
  } catch (error) {
    throw invalidArgument(name, `must be a file: URL of this machine (${String(error)})`)
  }
}

function checkPath(path: string, name: string): string {
  if (path.includes('\0')) throw invalidArgument(name, 'must be a path without NUL')
  return path
}
