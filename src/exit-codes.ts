import type { PluginHostErrorCode } from './errors.js'

/** An option, command, plugin, file or directory that is not there. */
export const EXIT_USAGE = 2

/** Whatever is nobody's fault but the host's, or unknown. */
export const EXIT_INTERNAL = 70

/**
 * The exit code of each fault: 70 and up, by kind, in line with `sysexits.h` where that has one
 * (70 software, 75 try again, 77 no permission, 78 configuration). What was typed wrong is 2.
 */
export const EXIT_CODES: Readonly<Record<PluginHostErrorCode, number>> = {
  ERR_INVALID_ARG: EXIT_USAGE,
  ERR_COMMAND_NOT_FOUND: EXIT_USAGE,
  ERR_INTERNAL: EXIT_INTERNAL,
  ERR_FUEL_EXHAUSTED: 71,
  ERR_DEADLINE_EXCEEDED: 72,
  ERR_MEMORY_LIMIT: 73,
  ERR_STACK_OVERFLOW: 74,
  ERR_BUSY: 75,
  ERR_TRAP: 76,
  ERR_PERMISSION_DENIED: 77,
  ERR_INVALID_MODULE: 78,
  ERR_MODULE_TOO_COMPLEX: 78,
  ERR_INSTANTIATION: 78,
  ERR_MISSING_EXPORT: 78,
  ERR_API_VERSION: 78,
  ERR_INVALID_MANIFEST: 78,
  ERR_DECODE: 79,
  ERR_ABI_BOUNDS: 79,
  ERR_RESULT_TOO_LARGE: 80,
  ERR_TOO_MANY_EFFECTS: 81,
  ERR_COMMAND_CONFLICT: 82,
  ERR_UNLOADED: 83,
  ERR_CLOSED: 83,
  ERR_UNSUPPORTED_PLATFORM: 84,
  ERR_UNSAFE_FILE: 85,
}

/** For `sen --help`. */
export const EXIT_CODES_HELP = `Exit codes:
  0        success
  1 … 255  the plugin's own error (1 where it gives none)
  2        wrong usage: no such option, command, plugin, file or directory
  70       the host failed
  71       out of fuel
  72       out of time
  73       out of memory
  74       out of stack
  75       too many executions at once
  76       the plugin trapped
  77       the plugin was refused what it asks for
  78       the file is no plugin that this host can load
  79       the plugin broke the protocol
  80       the result is too large
  81       too many effects
  82       two plugins have the same command
  83       the plugin is gone
  84       sen does not run on this platform
  85       a file of sen's own is not the user's alone
  130      interrupted (Ctrl-C)
  143      told to stop (SIGTERM)`
