// This host, as a contender.

import { PluginLoader, PluginRegistry } from '../../dist/index.js'
import { pluginPath } from '../lib/build.mjs'
import { awaited, blocking, idle, inFlight, loading, serve, withLoopDelay } from '../lib/serve.mjs'

const registry = new PluginRegistry()
const loader = new PluginLoader()

async function register(plugin) {
  if (!registry.hasCommand(plugin)) await registry.loadPlugin(pluginPath(plugin))
}

const execute = async plugin => {
  await register(plugin)
  return async argument => (await registry.execute(plugin, [argument])).output
}

await serve({
  'registry-sync': blocking(async plugin => {
    await register(plugin)
    return argument => registry.executeSync(plugin, [argument]).output
  }),
  registry: awaited(execute),
  'registry-64': inFlight(64, execute),
  'registry-64-delay': withLoopDelay(inFlight(64, execute)),
  'idle-delay': withLoopDelay(idle),

  'instance-sync': blocking(async plugin => {
    const { instance } = await loader.load(pluginPath(plugin))
    return argument => instance.executeSync([argument]).output
  }),
  instance: awaited(async plugin => {
    const { instance } = await loader.load(pluginPath(plugin))
    return async argument => (await instance.execute([argument])).output
  }),

  load: loading(pluginPath, async module => {
    const { manifest, instance } = await new PluginLoader().load(module)
    return { output: manifest.command.name, close: () => instance.close() }
  }),
  'load-and-execute': loading(pluginPath, async (module, argument) => {
    const { instance } = await new PluginLoader().load(module)
    const { output } = instance.executeSync([argument])
    return { output, close: () => instance.close() }
  }),
})
