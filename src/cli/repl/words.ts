import { quote, split } from 'shlex'

/** The words of a line, quoted as in a shell; undefined while a quote or escape is open. */
export function wordsOf(line: string): string[] | undefined {
  try {
    return split(line)
  } catch {
    return undefined
  }
}

/** A word as it has to be typed. */
export function quoted(word: string): string {
  return quote(word)
}

/** A line that is not finished: its finished words, and the beginning of one, as it was typed. */
export interface UnfinishedLine {
  readonly words: readonly string[]
  readonly partial: string
}

/** Takes a line apart where its last word begins; undefined inside a quote that holds a space. */
export function unfinishedLine(line: string): UnfinishedLine | undefined {
  let start = line.length
  while (start > 0 && !/\s/.test(line.charAt(start - 1))) start -= 1
  const words = wordsOf(line.slice(0, start))
  // With an escaped space at the end, what follows belongs to the same word.
  const next = wordsOf(`${line.slice(0, start)}x`)
  if (words === undefined || next?.length !== words.length + 1) return undefined
  return { words, partial: line.slice(start) }
}
