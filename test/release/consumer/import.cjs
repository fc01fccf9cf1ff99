// Runs a plugin with the installed package, imported by a CommonJS module: import.cjs MODULE

async function main() {
  const { PluginRegistry } = await import('sen-plugin-host')
  const registry = new PluginRegistry()
  const { command } = await registry.loadPlugin(process.argv[2])
  const { output } = await registry.execute(command.name, ['World'])
  await registry.close()
  console.log(output)
}

void main()
