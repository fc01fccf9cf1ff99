import { inertLine } from '../inert.js'
import type { Channel } from '../terminal.js'
import { clip, widthOf } from '../width.js'

export interface Column {
  readonly title: string
  /** On a narrow terminal: which side of its cells is cut off, if any. Earlier columns first. */
  readonly cut?: 'start' | 'end'
  /** Characters of a cell, wherever it is shown: one long text would widen all rows. */
  readonly most?: number
}

const GAP = 2
/** Columns of text that are left of a cell that is cut. */
const LEAST = 8

/** Lines of a table: in the terminal's width, or in full for a file or pipe. Cells are made inert. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  channel: Channel,
): string[] {
  const cells = rows.map(row => row.map((cell, index) => inertLine(excerpt(cell, columns[index]?.most))))
  const widths = columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? '')), title.length),
  )
  if (channel.width !== undefined) narrow(columns, widths, channel.width)
  const line = (row: readonly string[]) =>
    columns
      .map(({ cut }, index) => {
        const width = widths[index] ?? 0
        const cell = cut === undefined ? (row[index] ?? '') : clip(row[index] ?? '', width, cut)
        return cell + ' '.repeat(Math.max(0, width - widthOf(cell)))
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  return [channel.colors.bold(line(columns.map(({ title }) => title))), ...cells.map(line)]
}

function narrow(columns: readonly Column[], widths: number[], room: number): void {
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - room
  columns.forEach(({ cut }, index) => {
    const width = widths[index] ?? 0
    if (cut === undefined || excess <= 0 || width <= LEAST) return
    const taken = Math.min(excess, width - LEAST)
    widths[index] = width - taken
    excess -= taken
  })
}

function excerpt(text: string, most = Number.POSITIVE_INFINITY): string {
  if (text.length <= most) return text
  // As many characters are at most twice as many units.
  const characters = Array.from(text.slice(0, 2 * most))
  if (characters.length <= most && text.length <= 2 * most) return text
  return `${characters.slice(0, most).join('')}…`
}
