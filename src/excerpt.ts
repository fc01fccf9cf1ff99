import { inertLine } from './inert.js'

/**
 * Characters that people are shown of one text of a plugin, an `about` for example: more is nothing that anybody
 * reads, and a manifest may have 4 MiB of it. What programs get, JSON and Markdown, has all of it.
 */
export const LONGEST_TEXT = 4_000

/** The first characters of a text; what is left out leaves a `…`. */
export function excerpt(text: string, most: number): string {
  if (text.length <= most) return text
  // As many characters are at most twice as many units.
  const characters = Array.from(text.slice(0, 2 * most))
  if (characters.length <= most && text.length <= 2 * most) return text
  return `${characters.slice(0, most).join('')}…`
}

/** The same on one line that is safe to show, and no longer for what is shown as escapes. */
export function inertExcerpt(text: string, most = LONGEST_TEXT): string {
  return excerpt(inertLine(excerpt(text, most)), most)
}
