// `node ours.mjs FILE ARGUMENT`: a first result, and nothing else.
import { PluginLoader } from '../../dist/index.js'

const [file, argument] = process.argv.slice(2)
const { instance } = await new PluginLoader().load(file)
console.log(instance.executeSync([argument]).output)
