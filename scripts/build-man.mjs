// Writes the manual page, dist/man/sen.1, from the definitions of the commands: `npm run build:man`. Part of build:ts.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { manPage } from './man-page.mjs'
import { at, main } from './steps.mjs'

export async function buildManPage() {
  const { createProgram } = await import(pathToFileURL(at('build', 'cli', 'program.js')).href)
  const { commandNames } = await import(pathToFileURL(at('build', 'cli', 'commands.js')).href)
  const { Terminal } = await import(pathToFileURL(at('build', 'terminal.js')).href)
  const terminal = new Terminal(process.stdout, process.stderr, {})
  const { signal } = new AbortController()
  const program = await createProgram({ terminal, signal }, commandNames)
  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  mkdirSync(at('dist', 'man'), { recursive: true })
  writeFileSync(at('dist', 'man', 'sen.1'), manPage(program, version))
}

if (import.meta.filename === process.argv[1]) await main(buildManPage)
