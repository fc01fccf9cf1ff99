// Draws the README's picture of the shell in use, docs/shell.svg, from a real session on a pseudo-terminal:
// `npm run picture`. Needs the package and the example plugins to be built. The times in it differ from run to run.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { spawn } from '@lydell/node-pty'
import headless from '@xterm/headless'
import { screenPicture } from './screen-picture.mjs'
import { at, main, Stop } from './steps.mjs'

const COLUMNS = 112
const ROWS = 27
const PAUSE_MS = 100
/** What is typed, and what is shown before the next is. A tab alone: several keys at once are taken for a paste. */
const SESSION = [
  ['gre', /^sen> gre$/],
  ['\t', /^sen> greet$/],
  ['--style ', /^sen> greet --style$/],
  ['\t', /^sen> greet --style$/],
  ['\t', /^plain +shout +whisper$/],
  ['sho', /--style sho$/],
  ['\t', /--style shout$/],
  ['Ada --count 2\r', /^HELLO, ADA!$/],
  ['.time\r', /is said after it/],
  ['greet morning Grace\r', /^usage: /],
  ['spin\r', /ERR_FUEL_EXHAUSTED/],
  ['help hello\r', /^Usage: hello/],
]

await main(async () => {
  const home = mkdtempSync(join(tmpdir(), 'sen-picture-'))
  try {
    writeFileSync(
      at('docs', 'shell.svg'),
      screenPicture(await play(home), { columns: COLUMNS, title: 'sen repl' }),
    )
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

/** Types the session; returns the terminal as it is in the end. */
async function play(home) {
  const terminal = new headless.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
  const sen = spawn(
    process.execPath,
    [at('dist', 'sen.cjs'), 'repl', '--plugins', 'examples/plugins/build'],
    {
      cols: COLUMNS,
      rows: ROWS,
      name: 'xterm-256color',
      cwd: at(),
      env: { PATH: process.env.PATH, HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home },
    },
  )
  const { buffer } = terminal
  let look = () => {}
  let hasEnded = false
  const ended = new Promise(resolve =>
    sen.onExit(() => {
      hasEnded = true
      look()
      resolve()
    }),
  )
  sen.onData(text => terminal.write(text, () => look()))
  const last = () =>
    buffer.active
      .getLine(buffer.active.baseY + buffer.active.cursorY)
      ?.translateToString(true)
      .trimEnd() ?? ''
  const all = () =>
    Array.from(
      { length: buffer.active.length },
      (_, row) => buffer.active.getLine(row)?.translateToString(true).trimEnd() ?? '',
    )
  const shows = pattern =>
    new Promise((resolve, reject) => {
      look = () => {
        // What is asked of is there, and the prompt is back.
        if (all().some(line => pattern.test(line)) && last().startsWith('sen>')) resolve()
        else if (hasEnded)
          reject(new Stop(`the shell ended, and did not show ${pattern}:\n${all().join('\n')}`))
      }
      look()
    })

  await shows(/help lists them/)
  for (const [keys, pattern] of SESSION) {
    sen.write(keys)
    // A first Tab may change nothing that could be waited for.
    await setTimeout(PAUSE_MS)
    await shows(pattern)
  }
  sen.kill()
  await ended
  return terminal
}
