// `node scan.mjs DIRECTORY CACHE`: how long the first scan of a process takes, which loads the addon too.

import { PluginScanner } from '../../../dist/index.js'
import { cacheStats, checkCache } from '../../../dist/internal.js'

const [directory, cache] = process.argv.slice(2)

const started = process.hrtime.bigint()
const { plugins } = await new PluginScanner({ cache }).scanDirectory(directory)
const ns = Number(process.hrtime.bigint() - started)

const { misses } = cacheStats(checkCache(cache, 'cache'))
console.log(JSON.stringify({ ns, found: plugins.length, compiled: misses }))
