// This host, as a contender.

import { fileURLToPath } from 'node:url'
import { PermissionPresets, PluginLoader, PluginRegistry } from '../../dist/index.js'
import { pluginPath, workingDirectory } from '../lib/build.mjs'
import { awaited, blocking, idle, inFlight, loading, reloading, serve, withLoopDelay } from '../lib/serve.mjs'
import { shared } from '../lib/twin.mjs'

const registry = new PluginRegistry()
const loader = new PluginLoader()
/** For a plugin that computes much longer than the defaults allow. */
const patient = new PluginRegistry({ limits: { fuel: Number.MAX_SAFE_INTEGER, timeoutMs: 60_000 } })

async function register(plugin) {
  if (!registry.hasCommand(plugin)) await registry.loadPlugin(pluginPath(plugin))
}

/** A plugin for WASI, granted what it asks for. A registry of its own: two plugins have the same command. */
async function granted(plugin) {
  const permissions = PermissionPresets.testing()
  const registry = new PluginRegistry({ permissions, wasi: { workingDirectory } })
  const { command } = await registry.loadPlugin(pluginPath(plugin))
  return { registry, command: command.name }
}

const execute = async plugin => {
  await register(plugin)
  return async argument => (await registry.execute(plugin, [argument])).output
}

const load = async module => {
  const registry = new PluginRegistry()
  const { command } = await registry.loadPlugin(module)
  return { output: command.name, registry, close: () => registry.close() }
}

const loadLive = async module => {
  const { manifest, instance } = await new PluginLoader().load(module)
  return { output: manifest.command.name, close: () => instance.close() }
}

const executeSync = async plugin => {
  await register(plugin)
  return argument => registry.executeSync(plugin, [argument]).output
}

await serve({
  'registry-sync': blocking(executeSync),
  'registry-sync-twice': shared(blocking(executeSync), 'registry-sync', fileURLToPath(import.meta.url)),
  registry: awaited(execute),
  'registry-64': inFlight(64, execute),
  'registry-64-delay': withLoopDelay(inFlight(64, execute)),
  'idle-delay': withLoopDelay(idle),

  'wasi-sync': blocking(async plugin => {
    const { registry, command } = await granted(plugin)
    return argument => registry.executeSync(command, [argument]).output
  }),
  'wasi-start-sync': blocking(async plugin => {
    const { registry, command } = await granted(plugin)
    return () => registry.executeSync(command).message
  }),
  wasi: awaited(async plugin => {
    const { registry, command } = await granted(plugin)
    return async argument => (await registry.execute(command, [argument])).output
  }),

  computation: blocking(async name => {
    // One that is loaded for a live instance has this code from the start.
    await patient.register(await loader.load(pluginPath(name)))
    return argument => patient.executeSync(name, [argument]).output
  }),

  'instance-sync': blocking(async plugin => {
    const { instance } = await loader.load(pluginPath(plugin))
    return argument => instance.executeSync([argument]).output
  }),
  instance: awaited(async plugin => {
    const { instance } = await loader.load(pluginPath(plugin))
    return async argument => (await instance.execute([argument])).output
  }),

  load: loading(pluginPath, load),
  'load-warm': reloading(pluginPath, load),
  'load-and-execute': loading(pluginPath, async (module, argument) => {
    const { output: command, registry, close } = await load(module)
    const { output } = registry.executeSync(command, [argument])
    return { output, close }
  }),
  'load-live': loading(pluginPath, loadLive),
})
