// Compiles src/ to dist/ and lays two ways in over one instance of the code, for each of the package's entries:
// - index.cjs, for require(): hands out the ES module itself, so that classes are the same whichever way they came.
//   Every Node version of the engines range can require an ES module.
// - The declarations are CommonJS ones (*.d.cts), and the ES module's index.d.ts refers to them: TypeScript lets
//   a module import CommonJS types under every setting, but refuses the reverse under `module: node16`.
//   So both ways name the very same types, and no setting of a user's sees an error.
// - The command line is bundled (bundle-cli.mjs), and its manual page made of it (build-man.mjs).
// Only what the entries reach is declared; of the addon's own types (index.d.ts) a copy, where something public names them.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { buildManPage } from './build-man.mjs'
import { bundleCommandLine } from './bundle-cli.mjs'
import { at, main, run, Stop } from './steps.mjs'

const dist = at('dist')
const addonTypes = at('index.d.ts')
/** What package.json exports, by the paths in dist without endings. The main entry last. */
const entries = ['adapters/commander', 'adapters/yargs', 'index'].map(entry => join(dist, entry))

await main(async () => {
  if (!existsSync(addonTypes)) throw new Stop('index.d.ts is missing: npm run build:addon writes it')
  run('tsc', ['--project', 'tsconfig.json'])

  const declarations = new Map()
  for (const entry of entries) declare(`${entry}.d.ts`, declarations)
  for (const file of files('.d.ts')) rmSync(file)
  for (const [file, text] of declarations) writeFileSync(file, text)
  for (const file of files('.d.cts')) if (!declarations.has(file)) rmSync(file)

  for (const file of files('.js')) {
    if (existsSync(at('src', relative(dist, file).replace(/\.js$/, '.ts')))) continue
    rmSync(file)
    rmSync(`${file}.map`, { force: true })
  }
  await bundleCommandLine()
  await buildManPage()
  // The main entry's types last, so that their time is the build's: scripts/require-build.mjs compares it with the sources'.
  for (const entry of entries) {
    writeFileSync(`${entry}.cjs`, `module.exports = require('./${basename(entry)}.js')\n`)
    writeFileSync(`${entry}.d.ts`, `export * from './${basename(entry)}.cjs'\n`)
  }
})

/** Adds a declaration file and those it imports, in CommonJS form, by the path each is to have. */
function declare(file, declarations) {
  const target = commonJsPath(file)
  if (declarations.has(target)) return
  if (!existsSync(file))
    throw new Stop(`${relative(at(), file)} is imported by a declaration and does not exist`)
  declarations.set(target, '')
  const text = readFileSync(file, 'utf8')
    .replace(/^\/\/# sourceMappingURL=.*$/m, '')
    .replace(/(from |import\(|import )(['"])(\.[^'"]*)\.js\2/g, (_, keyword, quote, specifier) => {
      const imported = join(dirname(file), `${specifier}.d.ts`)
      declare(imported, declarations)
      const path = relative(dirname(target), commonJsPath(imported))
        .split(sep)
        .join('/')
        .replace(/\.d\.cts$/, '.cjs')
      return `${keyword}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
    })
  declarations.set(target, text)
}

function commonJsPath(file) {
  return file === addonTypes ? join(dist, 'addon.d.cts') : file.replace(/\.d\.ts$/, '.d.cts')
}

function files(extension) {
  return readdirSync(dist, { recursive: true })
    .filter(name => name.endsWith(extension))
    .map(name => join(dist, name))
}
