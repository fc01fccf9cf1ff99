import { excerpt } from '../excerpt.js'
import { inertLine } from '../inert.js'
import type { Channel } from '../terminal.js'
import { clip, widthOf } from '../width.js'

export interface Column {
  readonly title: string
  /** On a narrow terminal: which side of its cells is cut off, if any. Earlier columns first. */
  readonly cut?: 'start' | 'end'
  /** Columns that it takes at least: room for what comes later. */
  readonly least?: number
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
  const { header, lines } = layout(columns, rows, channel)
  return [header, ...lines(rows)]
}

export interface Layout {
  readonly header: string
  /** Lines of these rows, or of others that came later, which have the columns of the first. */
  lines(rows: readonly (readonly string[])[]): string[]
}

/** A table that these rows have room in, and more may come to. */
export function layout(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  channel: Channel,
): Layout {
  const shown = (row: readonly string[]) =>
    row.map((cell, index) => inertLine(excerpt(cell, columns[index]?.most ?? Number.POSITIVE_INFINITY)))
  const widths = columns.map(({ title, least = 0 }) => Math.max(title.length, least))
  for (const row of rows) {
    for (const [index, cell] of shown(row).entries())
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
  }
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
  return {
    header: channel.colors.bold(line(columns.map(({ title }) => title))),
    lines: rows => rows.map(row => line(shown(row))),
  }
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
