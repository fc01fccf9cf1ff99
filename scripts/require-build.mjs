// Vitest's global set-up: tests run what is built, so it has to be there and no older than its sources.

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { at } from './steps.mjs'

const built = folder => (existsSync(at(folder)) ? readdirSync(at(folder)) : [])
const modified = file => statSync(file).mtimeMs

export default function requireBuild() {
  const problems = []
  if (!built('dist').some(name => name.endsWith('.node')))
    problems.push('the addon is not built: npm run build:addon')
  if (!existsSync(at('dist', 'index.d.ts'))) problems.push('dist/ is not built: npm run build:ts')
  else if (newestSource() > modified(at('dist', 'index.d.ts')))
    problems.push('dist/ is older than src/: npm run build:ts')
  const isModule = name => name.endsWith('.wasm')
  for (const folder of ['examples/plugins/build', 'scoreboard/guest/build', 'test/wasi/guest/build']) {
    if (!built(folder).some(isModule)) problems.push(`${folder}/ is not built: npm run build:plugins`)
  }
  if (problems.length > 0)
    throw new Error(`Not ready to test\n- ${problems.join('\n- ')}\n(npm test builds all of it)`)
}

function newestSource() {
  const files = readdirSync(at('src'), { recursive: true, withFileTypes: true }).filter(entry =>
    entry.isFile(),
  )
  return Math.max(...files.map(entry => modified(join(entry.parentPath ?? entry.path, entry.name))))
}
