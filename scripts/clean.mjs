// Removes what the build wrote, apart from compiled Rust: `npm run clean`. With --all that too, and node_modules; building
// it again takes minutes.

import { rmSync } from 'node:fs'
import { at } from './steps.mjs'

const outputs = ['build', 'dist', 'examples/plugins/build', 'scoreboard/guest/build', 'test/wasi/guest/build']
const costly = ['target', 'examples/plugins/target', 'node_modules', 'scripts/api-reference/node_modules']

for (const folder of process.argv.includes('--all') ? [...outputs, ...costly] : outputs) {
  rmSync(at(folder), { recursive: true, force: true })
  console.log(`removed ${folder}/`)
}
