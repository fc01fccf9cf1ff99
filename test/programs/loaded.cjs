// Preloaded (node --require): at the end of the process, writes what it has loaded to the file that LOADED names.
const { writeFileSync } = require('node:fs')

process.on('exit', () => {
  const builtins = process.moduleLoadList
    .filter(name => name.startsWith('NativeModule '))
    .map(name => name.slice('NativeModule '.length))
  const files = Object.keys(require.cache).filter(file => file !== __filename)
  writeFileSync(process.env.LOADED ?? '', JSON.stringify({ builtins, files }))
})
