// A program written against API.md. It must type-check, strict, against the package as users see it:
//   tsc --noEmit --strict --module nodenext --target es2022 --lib es2022,esnext.disposable --types node, with `sen-plugin-host` resolving to the built package.
// What belongs to a part that is not built yet may be left out until then; nothing else may be changed to make it pass.
import {
  PluginRegistry, PluginLoader, PluginScanner, HotReloadWatcher, Router, defaultPluginDirs, PluginHostError, isPluginHostError,
} from 'sen-plugin-host'
import type {
  PluginManifest, CommandSpec, ArgSpec, Capabilities, ExecuteResult, Usage, Effect, EffectResult, Limits, LoadedPlugin,
  HotReloadEvent, PluginHostErrorCode,
} from 'sen-plugin-host'

const limits: Limits = { fuel: 10_000_000n, memoryBytes: 64 * 2 ** 20, tableElements: 100_000, timeoutMs: 1000, resultBytes: 2 ** 22, maxEffects: 64 }
const { signal } = new AbortController()

export async function loader(): Promise<string> {
  const loader = new PluginLoader({ limits })
  const plugin: LoadedPlugin = await loader.load(new Uint8Array())
  await loader.load('./plugin.wasm'); await loader.load(new URL('file:///plugin.wasm'))
  const manifest: PluginManifest = plugin.manifest
  const command: CommandSpec = manifest.command
  const arg: ArgSpec | undefined = command.args[0]
  const capabilities: Capabilities = manifest.capabilities
  const version: number = manifest.apiVersion
  const digest: string = plugin.digest
  const result: ExecuteResult = await plugin.instance.execute(['World'], { signal, limits })
  plugin.instance.executeSync(['World'])
  if (result.type === 'effect' && plugin.instance.supportsEffects) {
    const effect: Effect = result.effect
    const answer: EffectResult = effect.type === 'sleep' ? { type: 'sleepComplete' } : { type: 'http', status: 200, body: effect.url, headers: [['a', 'b']] }
    await plugin.instance.resume(effect.id, answer)
  }
  plugin.instance.close()
  return [command.name, arg?.valueName, capabilities.fsRead[0]?.pattern, capabilities.net[0]?.host, capabilities.stdio.stdout, version, digest].join()
}

export async function registry(): Promise<number> {
  await using registry = new PluginRegistry({
    limits, concurrency: 2, onConflict: 'reject',
  })
  const manifest: PluginManifest = await registry.loadPlugin('./hello.wasm')
  await registry.register(await new PluginLoader().load('./other.wasm'))
  const result = await registry.execute('hello', ['World'], { signal, limits: { fuel: 1 }, stdin: '' })
  const usage: Usage = result.usage
  const spent: bigint = usage.fuelConsumed
  const figures: number = usage.durationMs + usage.peakMemoryBytes + usage.effects
  switch (result.type) {
    case 'success': console.log(result.output, result.stdout, result.stderr); break
    case 'error': console.error(result.code + 1, result.message); break
  }
  registry.executeSync('hello', [])
  const names: string[] = registry.listCommands()
  const all: readonly PluginManifest[] = registry.getAllManifests()
  const one: PluginManifest | undefined = registry.getManifest('hello')
  const gone: boolean = await registry.unload('hello')
  const command: string | undefined = await registry.unloadByPath('./hello.wasm')
  const again: PluginManifest = await registry.reloadByPath('./hello.wasm')
  await registry.close()
  return names.length + all.length + registry.size + Number(registry.isEmpty) + Number(registry.hasCommand('x')) + Number(gone) + Number(spent) + figures + (one ?? again ?? manifest).apiVersion + (command?.length ?? 0)
}

export async function discovery(): Promise<string[]> {
  const scanner = new PluginScanner({ limits })
  const { plugins, failures } = await scanner.scanDirectory('./plugins')
  await scanner.scanDirectories(defaultPluginDirs('my-app'))
  const loaded: LoadedPlugin[] = plugins
  return failures.map(({ path, error }: { path: string, error: PluginHostError }) => `${path} ${error.code} ${loaded.length}`)
}

export async function watching(registry: PluginRegistry): Promise<void> {
  const watcher = await HotReloadWatcher.start(registry, ['./plugins'], { debounceMs: 500, loadExisting: true, signal })
  watcher.on('reloaded', (event: HotReloadEvent) => console.log(event.path, event.command, event.digest, event.previousDigest))
  watcher.on('failed', event => console.error(event.path, event.error?.code))
  for await (const event of watcher) if (event.type === 'unloaded') break
  const same: PluginRegistry = watcher.registry
  await watcher.close(); await same.close()
}

export async function router(plugin: LoadedPlugin, registry: PluginRegistry): Promise<number> {
  const router = new Router({ name: 'app', version: '1.0.0' })
    .route('status', async ({ args }) => args.join(), { about: 'Show status' })
    .plugin(plugin).pluginWithPrefix('db', plugin).plugins(registry).withState({ n: 1 })
  const response = await router.executeWith(['app', 'hello', 'World'])
  console.log(response.output, response.error)
  return response.exitCode
}

export function errors(error: unknown): PluginHostErrorCode | undefined {
  if (!isPluginHostError(error)) return undefined
  if (isPluginHostError(error, 'ERR_API_VERSION')) console.log(error.details.expected + error.details.actual)
  if (isPluginHostError(error, 'ERR_FUEL_EXHAUSTED')) console.log(error.details.limit, error.details.usage.fuelConsumed)
  if (isPluginHostError(error, 'ERR_COMMAND_NOT_FOUND')) console.log(error.details.suggestions.length)
  return error.code
}
