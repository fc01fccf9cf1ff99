import { isAbsolute, relative } from 'node:path'

/** A path as short as it can be typed here. */
export function displayPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  const isBelow = fromHere !== '' && !fromHere.startsWith('..') && !isAbsolute(fromHere)
  return isBelow ? fromHere : path
}

/** A message about a file for where the file is named already. It begins with the path, as it stands alone elsewhere. */
export function withoutPath(message: string, path: string): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message
}
