// The screen of a terminal as SVG: text that can be selected, in a window of its own colours.

const CELL = { width: 8.4, height: 19 }
const FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
const MARGIN = 18
const BAR = 34
const BACKGROUND = '#16181d'
const FOREGROUND = '#d7dae0'
const DIM = '#8b93a1'
/** Red, green, yellow, blue, magenta and cyan. */
const HUES = ['#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2']
/** The first sixteen colours of a terminal: black, hues and white, then the same as bright ones, whose hues are no other. */
const PALETTE = ['#3f4451', ...HUES, '#d7dae0', '#5c6370', ...HUES, '#ffffff']

/** What an `@xterm/headless` terminal shows, rows that are empty at the end left out. */
export function screenPicture(terminal, { columns, title }) {
  const { active } = terminal.buffer
  const rows = Array.from({ length: terminal.rows }, (_, row) =>
    runsOf(active.getLine(active.baseY + row), columns),
  )
  while (rows.at(-1)?.length === 0) rows.pop()
  const width = columns * CELL.width + 2 * MARGIN
  const height = BAR + rows.length * CELL.height + MARGIN
  const lights = ['#ec6a5e', '#f4bf4f', '#61c554'].map(
    (color, index) => `<circle cx="${20 + 20 * index}" cy="17" r="6" fill="${color}"/>`,
  )
  const lines = rows.flatMap((runs, row) => runs.map(run => drawn(run, BAR + row * CELL.height + 14)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${height}" width="${round(width)}" height="${height}" role="img" aria-label="${escaped(title)}">
<rect width="100%" height="100%" rx="10" fill="${BACKGROUND}"/>
${lights.join('\n')}
<g font-family='${FONT}' font-size="14" fill="${FOREGROUND}">
<text x="${round(width / 2)}" y="22" text-anchor="middle" fill="${DIM}">${escaped(title)}</text>
${lines.join('\n')}
</g>
</svg>
`
}

/** The stretches of a line that look the same: where each begins, its text, and how it looks. */
function runsOf(line, columns) {
  const runs = []
  for (let column = 0; line !== undefined && column < columns; column += 1) {
    const cell = line.getCell(column)
    const text = cell?.getChars() || ' '
    // The second half of a wide character.
    if (cell === undefined || cell.getWidth() === 0) continue
    const style = styleOf(cell)
    const before = runs.at(-1)
    if (before?.style === style) {
      before.text += text
      before.cells += cell.getWidth()
    } else runs.push({ column, text, cells: cell.getWidth(), style })
  }
  return runs.filter(({ text }) => text.trim() !== '').map(trimmed)
}

function trimmed(run) {
  const text = run.text.trimEnd()
  return { ...run, text, cells: run.cells - (run.text.length - text.length) }
}

function styleOf(cell) {
  const color = cell.isFgPalette() ? PALETTE[cell.getFgColor()] : undefined
  const fill = color ?? (cell.isDim() ? DIM : undefined)
  return [fill === undefined ? '' : ` fill="${fill}"`, cell.isBold() ? ' font-weight="bold"' : ''].join('')
}

function drawn({ column, text, cells, style }, y) {
  const x = round(MARGIN + column * CELL.width)
  // As wide as its cells are, whatever the font.
  return `<text x="${x}" y="${y}" textLength="${round(cells * CELL.width)}" xml:space="preserve"${style}>${escaped(text)}</text>`
}

function round(value) {
  return Math.round(value * 10) / 10
}

function escaped(text) {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
