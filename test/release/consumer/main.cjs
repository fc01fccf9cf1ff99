// Runs a plugin with the installed package, as a CommonJS module: main.cjs MODULE

const { PluginRegistry } = require('sen-plugin-host')

async function main() {
  const registry = new PluginRegistry()
  const { command } = await registry.loadPlugin(process.argv[2])
  const { output } = await registry.execute(command.name, ['World'])
  await registry.close()
  console.log(output)
}

main().catch(error => {
  console.log(JSON.stringify({ code: error.code, details: error.details }))
  process.exitCode = 1
})
