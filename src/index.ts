/**
 * Runs other people's code without fear: plugins compiled to WebAssembly, in wasmtime, within
 * limits, with no access to the system unless granted.
 *
 * @module sen-plugin-host
 */
export { CompositeAuditSink } from './audit/composite-sink.js'
export { defaultAuditPath } from './audit/default-path.js'
export type { AuditEvent, AuditEventType, JsonValue } from './audit/event.js'
export { FileAuditSink, type FileAuditSinkOptions } from './audit/file-sink.js'
export type { AuditFilter } from './audit/filter.js'
export { MemoryAuditSink, type MemoryAuditSinkOptions } from './audit/memory-sink.js'
export { NullAuditSink } from './audit/null-sink.js'
export { type ReadAuditOptions, readAudit } from './audit/read.js'
export type { AuditSink } from './audit/sink.js'
export type { AuditEntry } from './audit/tail.js'
export type { CacheOption, CacheStats } from './cache.js'
export type { CapabilitiesInput } from './capabilities.js'
export type { ArgumentValue } from './command/check.js'
export { type HelpFormat, type HelpOptions, renderHelp } from './command/help.js'
export { type CommandSchema, commandSchema, type ValueSchema } from './command/schema.js'
export type { EffectRequest, EffectTrace, ExecuteTrace, LoadTrace, ReloadEvent } from './diagnostics.js'
export { defaultPluginDirs } from './directories.js'
export type { EffectFailure, EffectFailureReason } from './effects/failure.js'
export type { EffectContext, EffectHandler, EffectPlugin } from './effects/handler.js'
export type { Lookup, LookupAddress } from './effects/http/lookup.js'
export type { HttpOptions } from './effects/http/options.js'
export type { EffectOptions, EffectsOption } from './effects/options.js'
export type { ResumeOptions, SuspendedExecution } from './effects/suspended.js'
export {
  isPluginHostError,
  PluginHostError,
  type PluginHostErrorCode,
  type PluginHostErrorDetails,
  type TrapFrame,
  type UnsafeFileReason,
  type UnsupportedPlatformReason,
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
export { AutomaticPermissionPrompt } from './permissions/automatic-prompt.js'
export type { PermissionDeniedReason } from './permissions/denial.js'
export { FilePermissionStore } from './permissions/file-store.js'
export type { GrantDuration, PermissionGrant, PermissionGrantKey } from './permissions/grant.js'
export { MemoryPermissionStore } from './permissions/memory-store.js'
export type { PermissionNotice } from './permissions/notice.js'
export type { PermissionGranularity, PermissionOptions } from './permissions/options.js'
export type { GrantPlace } from './permissions/place.js'
export { type PermissionPolicy, type PolicyEntry, readPermissionPolicy } from './permissions/policy.js'
export { PermissionPresets } from './permissions/presets.js'
export type { PermissionAnswer, PermissionPrompt, PermissionQuestion } from './permissions/prompt.js'
export { ReadOnlyPermissionStore } from './permissions/read-only-store.js'
export { RecordingPermissionPrompt } from './permissions/recording-prompt.js'
export type { PermissionRequest } from './permissions/request.js'
export type { PermissionStore } from './permissions/store.js'
export { CiPermissionStrategy } from './permissions/strategies/ci.js'
export { DefaultPermissionStrategy } from './permissions/strategies/default.js'
export { PermissivePermissionStrategy } from './permissions/strategies/permissive.js'
export { StrictPermissionStrategy } from './permissions/strategies/strict.js'
export { TrustAllPermissionStrategy } from './permissions/strategies/trust-all.js'
export type {
  PermissionContext,
  PermissionDecision,
  PermissionStrategy,
  PriorGrant,
} from './permissions/strategy.js'
export {
  type PromptInput,
  type PromptOutput,
  TerminalPermissionPrompt,
  type TerminalPermissionPromptOptions,
} from './permissions/terminal-prompt.js'
export { parseTrustFlags, type TrustFlags } from './permissions/trust-flags.js'
export type { LoadedPlugin } from './plugin.js'
export type { PluginCommands, PluginCommandWords } from './plugin-commands.js'
export { type Executed, type ExecuteOptions, PluginRegistry, type PluginRegistryOptions } from './registry.js'
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
export type { WasiOptions } from './wasi.js'
export type { HotReloadEvent, HotReloadEventType, HotReloadListener } from './watch/events.js'
export { HotReloadWatcher, type HotReloadWatcherOptions } from './watcher.js'
