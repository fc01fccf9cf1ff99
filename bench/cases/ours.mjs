// This host, as a contender.

import { setTimeout as sleep } from 'node:timers/promises'
import { PermissionPresets, PluginLoader, PluginRegistry } from '../../dist/index.js'
import { handleOf } from '../../dist/internal.js'
import { pluginPath, workingDirectory } from '../lib/build.mjs'
import { awaited, blocking, idle, inFlight, loading, reloading, serve, withLoopDelay } from '../lib/serve.mjs'

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

/** Executes until the plugin has been compiled for computation as well, which is when it has more code. */
async function compileForComputation(plugin, run) {
  const before = handleOf(plugin).codeBytes()
  for (let tries = 0; handleOf(plugin).codeBytes() === before; tries += 1) {
    if (tries === 1000) throw new Error('this plugin is not compiled for computation')
    run('warm up')
    await sleep(10)
  }
}

const execute = async plugin => {
  await register(plugin)
  return async argument => (await registry.execute(plugin, [argument])).output
}

const load = async module => {
  const { manifest, instance } = await new PluginLoader().load(module)
  return { output: manifest.command.name, close: () => instance.close() }
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
    const plugin = await loader.load(pluginPath(name))
    await patient.register(plugin)
    const run = argument => patient.executeSync(name, [argument]).output
    await compileForComputation(plugin, run)
    return run
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
    const { instance } = await new PluginLoader().load(module)
    const { output } = instance.executeSync([argument])
    return { output, close: () => instance.close() }
  }),
})
