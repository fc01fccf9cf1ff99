// Compiles src/ to build/ and makes dist/ of it, with two ways in over one instance of the code, for each of the package's
// entries:
// - ENTRY.js, an ES module, bundled (bundle-library.mjs), and ENTRY.cjs, for require(): hands out the ES module itself, so
//   that classes are the same whichever way they came. Every Node version of the engines range can require an ES module.
// - The declarations are CommonJS ones (*.d.cts), and the ES module's index.d.ts refers to them: TypeScript lets
//   a module import CommonJS types under every setting, but refuses the reverse under `module: node16`.
//   So both ways name the very same types, and no setting of a user's sees an error.
// - The command line is bundled as well (bundle-cli.mjs), and its manual page made of build/ (build-man.mjs).
// Only what the entries reach is declared; of the addon's own types (index.d.ts) a copy, where something public names them.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { buildManPage } from './build-man.mjs'
import { bundleCommandLine } from './bundle-cli.mjs'
import { bundleLibrary } from './bundle-library.mjs'
import { at, main, run, Stop } from './steps.mjs'

const addonTypes = at('index.d.ts')
/** What package.json exports, by the paths in src without endings. The main entry last. */
const entries = ['adapters/commander', 'adapters/yargs', 'index']

await main(async () => {
  if (!existsSync(addonTypes)) throw new Stop('index.d.ts is missing: npm run build:addon writes it')
  rmSync(at('build'), { recursive: true, force: true })
  run('tsc', ['--project', 'tsconfig.json'])

  const declarations = new Map()
  for (const entry of entries) declare(at('build', `${entry}.d.ts`), declarations)
  clear()
  for (const [file, text] of declarations) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  await bundleLibrary([...entries, 'internal'])
  await bundleCommandLine()
  await buildManPage()
  // The main entry's types last, so that their time is the build's: scripts/require-build.mjs compares it with the sources'.
  for (const entry of entries) {
    writeFileSync(at('dist', `${entry}.cjs`), `module.exports = require('./${basename(entry)}.js')\n`)
    writeFileSync(at('dist', `${entry}.d.ts`), `export * from './${basename(entry)}.cjs'\n`)
  }
})

/** Removes what an earlier build left in dist, but for the addon, which is built by itself. */
function clear() {
  if (!existsSync(at('dist'))) return
  for (const name of readdirSync(at('dist')))
    if (!name.endsWith('.node')) rmSync(at('dist', name), { recursive: true })
}

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
  if (file === addonTypes) return at('dist', 'addon.d.cts')
  return at('dist', relative(at('build'), file).replace(/\.d\.ts$/, '.d.cts'))
}
