// Imports an entry of the package, and prints what that alone has loaded: node import.mjs SPECIFIER
import { createRequire } from 'node:module'
// Brings worker_threads along since Node 24, whoever imports it: none of the entry's doing.
import 'node:util'

const before = new Set(process.moduleLoadList)
await import(process.argv[2])
const builtins = process.moduleLoadList
  .filter(name => name.startsWith('NativeModule ') && !before.has(name))
  .map(name => name.slice('NativeModule '.length))
const { cache } = createRequire(import.meta.url)
console.log(JSON.stringify({ builtins, files: Object.keys(cache) }))
