// `node extism.mjs FILE ARGUMENT`: a first result, and nothing else.
import { readFileSync } from 'node:fs'
import { createPlugin } from '@extism/extism'

const [file, argument] = process.argv.slice(2)
const plugin = await createPlugin({ wasm: [{ data: readFileSync(file) }] })
console.log((await plugin.call('hello', argument)).text())
