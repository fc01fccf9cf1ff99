// `node node.mjs FILE ARGUMENT`: a first result, and nothing else.
import { readFileSync } from 'node:fs'
import { Guest } from '../lib/guest.mjs'

const [file, argument] = process.argv.slice(2)
const guest = new Guest(await WebAssembly.compile(readFileSync(file)))
guest.manifest()
console.log(guest.execute([argument]).Success)
