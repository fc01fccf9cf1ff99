// `node ours.mjs FILE ARGUMENT`: a first result, and nothing else.
import { PluginRegistry } from '../../dist/index.js'

const [file, argument] = process.argv.slice(2)
const registry = new PluginRegistry()
const { command } = await registry.loadPlugin(file)
console.log(registry.executeSync(command.name, [argument]).output)
