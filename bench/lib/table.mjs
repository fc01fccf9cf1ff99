// Tables, and how a figure is written in them. A table is a list of rows of cells; the first row is the header.

/** For a terminal. */
export function textTable(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map(cells => cells[column].length)))
  const lines = table.map(cells =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  '),
  )
  const rule = widths.map(width => '─'.repeat(width)).join('──')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** For a document. */
export function markdownTable([header, ...rows]) {
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'))
  return [header, rule, ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

export function time(ns) {
  for (const [unit, size] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
  ]) {
    if (ns >= size) return `${(ns / size).toPrecision(3)} ${unit}`
  }
  return `${Math.round(ns)} ns`
}
