import { split } from 'shlex'

/** The words of a line, quoted as in a shell; undefined while a quote or escape is open. */
export function wordsOf(line: string): string[] | undefined {
  try {
    return split(line)
  } catch {
    return undefined
  }
}

/** What somebody means by a word that may not be finished, with a quote that is still open. */
export function unquoted(partial: string): string {
  for (const end of ['', "'", '"', ' ']) {
    const [word, ...rest] = wordsOf(partial + end) ?? []
    if (word !== undefined && rest.length === 0) return word
  }
  return ''
}

/** A line that is not finished: its finished words, and the beginning of one, as it was typed. */
interface UnfinishedLine {
  readonly words: readonly string[]
  readonly partial: string
}

/** Takes a line apart where its last word begins, which may be a quote that is still open. */
export function unfinishedLine(line: string): UnfinishedLine | undefined {
  for (let start = line.length; start >= 0; start -= 1) {
    if (start > 0 && !/\s/.test(line.charAt(start - 1))) continue
    const words = wordsOf(line.slice(0, start))
    // Inside a quote, or after an escaped space, what follows belongs to the same word.
    const next = wordsOf(`${line.slice(0, start)}x`)
    if (words !== undefined && next?.length === words.length + 1) return { words, partial: line.slice(start) }
  }
  return undefined
}
