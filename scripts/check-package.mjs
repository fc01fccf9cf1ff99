// Packs the package as `npm publish` would and looks at the result: publint and arethetypeswrong read it, then it is laid
// out as installed, with the addon in its platform's package, and test/package/smoke.cjs uses it from there.

import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, at, main, run, Stop } from './steps.mjs'

const { name, napi, dependencies } = JSON.parse(readFileSync(at('package.json'), 'utf8'))

await main(() => {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  try {
    const tarball = pack(folder)
    run('publint', ['run', tarball, '--strict'])
    run('attw', [tarball, '--no-emoji', '--exclude-entrypoints', 'commander', 'yargs'])
    // Resolution that knows no "exports" finds the main entry, and no other.
    run('attw', [tarball, '--no-emoji', '--profile', 'node16'])
    lay(folder, tarball)
    run('node', [join(folder, 'smoke.cjs')], { env: { SEN_PLUGIN_HOST_CACHE: join(folder, 'cache') } })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function pack(folder) {
  const output = ask('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
  if (output === undefined) throw new Stop('npm pack failed')
  const [{ filename, files, unpackedSize }] = JSON.parse(output)
  console.log(`${filename}: ${files.length} files, ${(unpackedSize / 1024).toFixed(0)} KiB unpacked`)
  return join(folder, filename)
}

/** node_modules as an installation leaves it, but for the dependencies, which are links to the project's own. */
function lay(folder, tarball) {
  const modules = join(folder, 'node_modules')
  const unpacked = join(modules, name)
  mkdirSync(unpacked, { recursive: true })
  if (ask('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]) === undefined)
    throw new Stop('tar failed')

  const addon = readdirSync(at('dist')).find(
    file => file.startsWith(`${napi.binaryName}.`) && file.endsWith('.node'),
  )
  if (addon === undefined) throw new Stop('the addon is not built: npm run build:addon')
  const platform = addon.slice(napi.binaryName.length + 1, -'.node'.length)
  const platformPackage = join(modules, `${napi.packageName}-${platform}`)
  cpSync(at('npm', platform), platformPackage, { recursive: true })
  copyFileSync(at('dist', addon), join(platformPackage, addon))

  for (const dependency of Object.keys(dependencies))
    symlinkSync(at('node_modules', dependency), join(modules, dependency), 'junction')
  copyFileSync(at('test', 'package', 'smoke.cjs'), join(folder, 'smoke.cjs'))
}
