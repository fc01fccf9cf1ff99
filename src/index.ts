/**
 * Runs other people's code without fear: plugins compiled to WebAssembly, in wasmtime, within
 * limits, with no access to the system unless granted.
 */
export type { CacheOption, CacheStats } from './cache.js'
export type { ArgumentValue } from './command/check.js'
export { type HelpFormat, type HelpOptions, renderHelp } from './command/help.js'
export { type CommandSchema, commandSchema, type ValueSchema } from './command/schema.js'
export type { ExecuteTrace, LoadTrace, ReloadEvent } from './diagnostics.js'
export { defaultPluginDirs } from './directories.js'
export {
  isPluginHostError,
  PluginHostError,
  type PluginHostErrorCode,
  type PluginHostErrorDetails,
  type TrapFrame,
} from './errors.js'
export type { CallOptions, PluginInstance } from './instance.js'
export type { Limits } from './limits.js'
export { type ModuleSource, PluginLoader, type PluginLoaderOptions } from './loader.js'
export type {
  ArgSpec,
  Capabilities,
  CommandSpec,
  NetPattern,
  PathPattern,
  PluginManifest,
  StdioCapability,
} from './manifest.js'
export type { Effect, EffectResult, ExecuteResult, Header, Usage } from './outcome.js'
export type { LoadedPlugin } from './plugin.js'
export { type ExecuteOptions, PluginRegistry, type PluginRegistryOptions } from './registry.js'
export type {
  ArgsMode,
  CommandContext,
  Handler,
  Middleware,
  RouteArg,
  RouteOptions,
} from './router/context.js'
export type { Reply, RouterError, RouterErrorCode, RouterResponse } from './router/response.js'
export type { RouterRunOptions } from './router/run.js'
export {
  type PluginRouteOptions,
  type PluginsRouteOptions,
  Router,
  type RouterExecuteOptions,
  type RouterOptions,
} from './router.js'
export { PluginScanner, type PluginScannerOptions, type ScanFailure, type ScanResult } from './scanner.js'
export type { ExecutionStats, InstanceStats, MemoryStats, QueueStats, RegistryStats } from './stats.js'
export type { HotReloadEvent, HotReloadEventType, HotReloadListener } from './watch/events.js'
export { HotReloadWatcher, type HotReloadWatcherOptions } from './watcher.js'
