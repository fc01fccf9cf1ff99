// Preloaded (node --require): at the end of the process, writes what it has loaded to the file that LOADED names.
const { writeFileSync } = require('node:fs')

/** What came of the loads of this process; undefined where it has loaded no addon. */
function cacheStats() {
  const addon = Object.values(require.cache).find(({ filename }) => filename.endsWith('.node'))?.exports
  return addon && new addon.CompileCache(process.env.SEN_PLUGIN_HOST_CACHE).stats()
}

process.on('exit', () => {
  const builtins = process.moduleLoadList
    .filter(name => name.startsWith('NativeModule '))
    .map(name => name.slice('NativeModule '.length))
  const files = Object.keys(require.cache).filter(file => file !== __filename)
  writeFileSync(process.env.LOADED ?? '', JSON.stringify({ builtins, files, cache: cacheStats() }))
})
