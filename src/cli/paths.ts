import { isAbsolute, relative } from 'node:path'

/** A path as short as it can be typed here. */
export function displayPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  const isBelow = fromHere !== '' && !fromHere.startsWith('..') && !isAbsolute(fromHere)
  return isBelow ? fromHere : path
}
