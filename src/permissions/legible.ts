import { inertLine } from '../inert.js'
import type { Capabilities } from '../manifest.js'

/** Capabilities that a person is asked about at once, and reads. */
export const MOST_ASKED = 32
/** Characters of one path, host or name, as it is shown. */
export const LONGEST_PATTERN = 256

/**
 * Why capabilities are more than a person would read; undefined where they are not. Who is asked sees all of it, so
 * that nobody allows what has left the screen: of what is too much nothing can be allowed by an answer.
 */
export function illegible({ fsRead, fsWrite, envRead, net, stdio }: Capabilities): string | undefined {
  const patterns = [
    ...[...fsRead, ...fsWrite].map(({ pattern }) => pattern),
    ...envRead,
    ...net.map(({ host }) => host),
  ]
  const count = patterns.length + Object.values(stdio).filter(Boolean).length
  if (count > MOST_ASKED)
    return `it asks for ${count} capabilities, and a person is asked about ${MOST_ASKED} at most`
  const longest = patterns.reduce((most, pattern) => Math.max(most, inertLine(pattern).length), 0)
  if (longest > LONGEST_PATTERN)
    return `it asks for a path, host or name of ${longest} characters, and a person is asked about ${LONGEST_PATTERN} at most`
  return undefined
}
