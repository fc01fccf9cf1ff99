let segmenter: Intl.Segmenter | undefined
const WIDE =
  /^(?:[\u{1100}-\u{115f}\u{3000}-\u{303e}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}]|\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana})/u
const HALF_WIDTH = /^[\u{ff61}-\u{ffdc}]/u
/** One column each, and not worth being segmented. */
const ASCII = /^[ -~]*$/
const COMBINING = /^\p{Mark}/u
/**
 * UTF-16 units that are segmented at a time: each segment costs a segmenter time for the whole text that it was given.
 * What people see as one character is shorter.
 */
const PIECE = 256

/** Columns that a line of inert text takes on a terminal. */
export function widthOf(line: string): number {
  if (ASCII.test(line)) return line.length
  let width = 0
  for (const segment of segments(line)) width += widthOfSegment(segment)
  return width
}

/** The line in no more than so many columns: what is cut off, at either side, leaves a `…`. */
export function clip(line: string, width: number, cut: 'start' | 'end'): string {
  if (widthOf(line) <= width) return line
  const left = cut === 'end' ? segments(line) : Array.from(segments(line)).reverse()
  const kept: string[] = []
  let room = width - 1
  for (const segment of left) {
    room -= widthOfSegment(segment)
    if (room < 0) break
    kept.push(segment)
  }
  return cut === 'end' ? `${kept.join('')}…` : `…${kept.reverse().join('')}`
}

/**
 * The line in lines of no more than so many columns, broken at spaces, or inside a word that is wider
 * than a line. As it is where there is no width to keep to.
 *
 * @param wide - Whether words that are wider than a line are broken. A terminal knows of those that it
 *   breaks itself, so that they can be copied in one piece.
 */
export function wrap(line: string, width: number | undefined, wide: 'break' | 'keep' = 'break'): string[] {
  if (width === undefined || widthOf(line) <= width) return [line]
  const lines: string[] = []
  let current = ''
  let room = width
  for (const word of line.split(' ')) {
    const columns = widthOf(word)
    if (current !== '' && columns < room) {
      current += ` ${word}`
      room -= columns + 1
      continue
    }
    if (current !== '') lines.push(current)
    current = word
    if (columns > width && wide === 'break') {
      const pieces = breakUp(word, width)
      current = pieces.pop() ?? ''
      for (const piece of pieces) lines.push(piece)
    }
    room = width - widthOf(current)
  }
  return [...lines, current]
}

/** A word in pieces of no more than so many columns, or of one character that is wider. */
function breakUp(word: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let room = width
  for (const segment of segments(word)) {
    const wide = widthOfSegment(segment)
    if (wide > room && piece !== '') {
      pieces.push(piece)
      piece = ''
      room = width
    }
    piece += segment
    room -= wide
  }
  return [...pieces, piece]
}

/** What people see as the characters of a text, in time that grows with its length alone. */
function* segments(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(text, start)
    const piece = text.slice(start, end)
    let taken = 0
    for (const { segment } of segmented(piece)) {
      // The last one may go on behind the piece: it begins the next, unless it is all of this.
      if (end < text.length && taken > 0 && taken + segment.length === piece.length) break
      yield segment
      taken += segment.length
    }
    start += taken
  }
}

/** Where a piece ends that does not end within a surrogate pair. */
function endOfPiece(text: string, start: number): number {
  const end = start + PIECE
  const isWithin = /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(end - 1, end + 1))
  return Math.min(isWithin ? end - 1 : end, text.length)
}

/** By a segmenter that the first text outside ASCII makes: reading its tables takes several milliseconds. */
function segmented(piece: string): Iterable<{ readonly segment: string }> {
  if (ASCII.test(piece)) return Array.from(piece, segment => ({ segment }))
  segmenter ??= new Intl.Segmenter()
  return segmenter.segment(piece)
}

function widthOfSegment(segment: string): number {
  if (COMBINING.test(segment)) return 0
  // U+FE0F asks for the coloured, wide form of a symbol.
  if (segment.includes('\u{fe0f}')) return 2
  return WIDE.test(segment) && !HALF_WIDTH.test(segment) ? 2 : 1
}
