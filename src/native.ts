/** The only file that loads the addon. */
import { createRequire } from 'node:module'
import type * as addon from '../index.js'
import { PluginHostError } from './errors.js'

export type {
  CacheEntry,
  CacheStats,
  CacheVerification,
  CannotOpen,
  Capabilities,
  CompileCache,
  DirectoryWatch,
  Effect,
  EffectResult,
  Executor,
  FileLock,
  Grant,
  Instance,
  Interrupt,
  LimitOverrides,
  OpenedDirectory,
  Outcome,
  OutputSink,
  Plugin,
  ProcessStats,
  Surroundings,
  WatchedDirectory,
  WatchSignals,
  World,
} from '../index.js'

let loaded: { readonly addon: typeof addon; readonly source: string } | undefined

/**
 * The addon, loaded by the first call rather than on import, so that a program on a platform
 * without one can catch the error by its code.
 */
export function native(): typeof addon {
  loaded ??= load()
  return loaded.addon
}

/** What the addon was loaded from: its file, absolute, or its platform's package. */
export function addonSource(): string {
  loaded ??= load()
  return loaded.source
}

function load(): { addon: typeof addon; source: string } {
  const require = createRequire(import.meta.url)
  const targets = platformTargets()
  const failures: unknown[] = []
  for (const target of targets) {
    // A clone has the addon that it built; an installed package has it from its platform's package.
    for (const specifier of [`./sen-plugin-host.${target}.node`, `sen-plugin-host-${target}`]) {
      try {
        const found = require(specifier) as typeof addon
        return { addon: found, source: specifier.startsWith('.') ? require.resolve(specifier) : specifier }
      } catch (error) {
        failures.push(error)
      }
    }
  }
  throw unsupported(targets, failures)
}

/** The names of addons that could run here, as in the packages under npm/. */
function platformTargets(): string[] {
  const { platform, arch } = process
  // Only one of the two C libraries is there, and loading an addon for the other one fails.
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`]
  if (platform === 'win32') return [`win32-${arch}-msvc`]
  return [`${platform}-${arch}`]
}

/** The C library that Node was linked to, where systems have one or another. */
export function libc(): 'gnu' | 'musl' {
  // Node's own report says which C library it was linked to.
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
}

function unsupported(
  targets: readonly string[],
  failures: readonly unknown[],
): PluginHostError<'ERR_UNSUPPORTED_PLATFORM'> {
  const missing = failures.every(failure => (failure as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND')
  const { platform, arch } = process
  const target = targets.join(' or ')
  const problem = missing
    ? `The addon for ${target} is not installed. Install without --omit=optional, on the machine that runs it; in a clone, run npm run build`
    : `The addon for ${target} could not be loaded`
  const details = platform === 'linux' ? { platform, arch, libc: libc() } : { platform, arch }
  const cause =
    failures.find(failure => (failure as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') ?? failures[0]
  return new PluginHostError('ERR_UNSUPPORTED_PLATFORM', problem, details, { cause })
}
