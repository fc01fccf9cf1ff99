// Run beside an installed package (scripts/check-package.mjs), on each version of Node: both ways in lead to the same
// classes, the addon comes from its platform's package and does what it is for, and the command line starts.
// smoke.cjs DIRECTORY PLATFORM NODE...: where the example plugins are, the platform that this is to be, or '', and the
// command that this Node was run with.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { dirname, join } = require('node:path')

const required = require('sen-plugin-host')

const [, , directory, platform, command, ...words] = process.argv
const plugin = name => join(directory, `${name}.wasm`)

async function main() {
  const exports = await sameBothWays()
  await plugins()
  const addon = loadedAddon()
  const version = commandLine()
  console.log(
    `Node ${process.version}: ${exports} exports are the same by require() and import(), plugins run and are ` +
      `stopped by the addon for ${addon}, and sen ${version} starts`,
  )
}

async function sameBothWays() {
  const imported = await import('sen-plugin-host')
  const names = Object.keys(imported).filter(name => name !== 'default' && name !== 'module.exports')
  assert.ok(names.includes('PluginRegistry'))
  for (const name of names)
    assert.equal(required[name], imported[name], `${name} differs between require() and import()`)
  for (const adapter of ['commander', 'yargs']) {
    const path = `sen-plugin-host/${adapter}`
    assert.equal(require(path).addPlugins, (await import(path)).addPlugins)
  }
  return names.length
}

async function plugins() {
  const registry = new required.PluginRegistry({ permissions: required.PermissionPresets.testing() })
  for (const name of ['hello', 'spin', 'cat']) await registry.loadPlugin(plugin(name))
  assert.deepEqual(registry.listCommands(), ['cat', 'hello', 'spin'])

  assert.equal((await registry.execute('hello', ['Ada'])).output, 'Hello, Ada!')
  assert.equal(registry.executeSync('hello', ['Ada']).output, 'Hello, Ada!')
  const many = await Promise.all(Array.from({ length: 200 }, () => registry.execute('hello', ['Ada'])))
  for (const { output, usage } of many)
    assert.deepEqual([output, usage.fuelConsumed], ['Hello, Ada!', many[0].usage.fuelConsumed])

  await assert.rejects(registry.execute('spin'), { code: 'ERR_FUEL_EXHAUSTED' })
  const endless = { fuel: 2n ** 64n - 1n, timeoutMs: 20 }
  await assert.rejects(registry.execute('spin', [], { limits: endless }), { code: 'ERR_DEADLINE_EXCEEDED' })
  const signal = AbortSignal.timeout(20)
  const long = { ...endless, timeoutMs: 60_000 }
  await assert.rejects(registry.execute('spin', [], { limits: long, signal }), { name: 'TimeoutError' })
  await registry.close()
}

/** The platform whose addon was loaded: that of this Node, which is the one that is meant to be tried. */
function loadedAddon() {
  const [file, ...others] = Object.keys(require.cache).filter(name => name.endsWith('.node'))
  assert.deepEqual(others, [])
  const [, loaded] = /sen-plugin-host\.([\w-]+)\.node$/.exec(file)
  const { glibcVersionRuntime } = process.report.getReport().header
  const abis = { linux: glibcVersionRuntime === undefined ? '-musl' : '-gnu', win32: '-msvc', darwin: '' }
  assert.equal(loaded, `${process.platform}-${process.arch}${abis[process.platform]}`)
  if (platform !== '') assert.equal(loaded, platform)
  return loaded
}

function commandLine() {
  const manifest = require.resolve('sen-plugin-host/package.json')
  const { bin, version } = require(manifest)
  const sen = (...args) =>
    execFileSync(command, [...words, join(dirname(manifest), bin.sen), ...args], { encoding: 'utf8' })
  const printed = sen('--version')
  assert.ok(printed.includes(version), `sen --version printed ${printed}`)
  assert.equal(sen('run', '--plugins', directory, 'hello', 'Ada'), 'Hello, Ada!\n')
  return version
}

void main()
