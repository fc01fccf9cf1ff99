// Run beside an installed package (scripts/check-package.mjs): both ways in lead to the same classes, the addon loads from
// its platform's package, and the command line starts.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { dirname, join } = require('node:path')

const required = require('sen-plugin-host')

async function main() {
  const imported = await import('sen-plugin-host')
  const names = Object.keys(imported).filter(name => name !== 'default' && name !== 'module.exports')
  assert.ok(names.includes('PluginRegistry'))
  for (const name of names)
    assert.equal(required[name], imported[name], `${name} differs between require() and import()`)

  for (const adapter of ['commander', 'yargs']) {
    const path = `sen-plugin-host/${adapter}`
    assert.equal(require(path).addPlugins, (await import(path)).addPlugins)
  }

  new required.PluginLoader()
  const registry = new required.PluginRegistry()
  assert.ok(registry instanceof imported.PluginRegistry)
  assert.deepEqual(registry.listCommands(), [])
  await registry.close()

  const manifest = require.resolve('sen-plugin-host/package.json')
  const { bin, version } = require(manifest)
  const printed = execFileSync(process.execPath, [join(dirname(manifest), bin.sen), '--version'], {
    encoding: 'utf8',
  })
  assert.ok(printed.includes(version), `sen --version printed ${printed}`)
  console.log(`${names.length} exports are the same by require() and import(), and sen ${version} starts`)
}

void main()
