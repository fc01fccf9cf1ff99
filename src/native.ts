/** The only file that loads the addon. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as addon from '../index.js'
import { PluginHostError, type UnsupportedPlatformReason } from './errors.js'

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
  Outcome,
  OutputSink,
  Plugin,
  ProcessStats,
  StartsFrom,
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

let expected: number | undefined

/**
 * Says how many executions this process will have begun at most at the same time, before the addon is loaded: 2,048 if
 * nobody does. A program that runs one and ends starts some milliseconds sooner for it.
 */
export function expectExecutions(atOnce: number): void {
  expected = atOnce
}

/** What the addon was loaded from: its file, absolute, or its platform's package. */
export function addonSource(): string {
  loaded ??= load()
  return loaded.source
}

function load(): { addon: typeof addon; source: string } {
  const targets = platformTargets()
  const failures: unknown[] = []
  for (const target of targets) {
    // A clone has the addon that it built; an installed package has it from its platform's package.
    for (const specifier of [`./sen-plugin-host.${target}.node`, `sen-plugin-host-${target}`]) {
      try {
        // In here: what a bundler makes a CommonJS file of has no URL, and nothing to resolve from.
        const require = createRequire(import.meta.url)
        const found = require(specifier) as typeof addon
        if (found.VERSION !== PACKAGE_VERSION) throw new OtherVersion(specifier, found.VERSION)
        if (expected !== undefined) found.expectExecutions(expected)
        return { addon: found, source: specifier.startsWith('.') ? require.resolve(specifier) : specifier }
      } catch (error) {
        failures.push(error)
      }
    }
  }
  throw unsupported(targets, failures)
}

/**
 * An addon of another version, which installers leave behind, or find in a folder above. It would be used with arguments
 * that it does not know, limits among them.
 */
class OtherVersion extends Error {
  constructor(specifier: string, version: unknown) {
    super(`${specifier} is of version ${String(version)}, and sen-plugin-host of version ${PACKAGE_VERSION}`)
  }
}

/** The version in package.json, which the bundler puts here. */
declare const PACKAGE_VERSION: string

/** The names of addons that could run here, as in the packages under npm/. */
function platformTargets(): string[] {
  const { platform, arch } = process
  if (platform === 'linux') {
    // Not every installer leaves out the addon for the other C library, and a musl with what some of its
    // users add to it can load, and then break on, that for glibc. Asking Node takes milliseconds; where
    // musl is not installed it need not be asked.
    const first = mayHaveMusl(arch) ? libc() : 'gnu'
    return [first, first === 'gnu' ? 'musl' : 'gnu'].map(library => `linux-${arch}-${library}`)
  }
  if (platform === 'win32') return [`win32-${arch}-msvc`]
  return [`${platform}-${arch}`]
}

function mayHaveMusl(arch: string): boolean {
  try {
    return existsSync(`/lib/ld-musl-${MACHINES[arch] ?? arch}.so.1`)
  } catch {
    // Node's permission model lets this process see some directories only.
    return true
  }
}

/** Processors, as the loader of musl has them in its name. */
const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/** The C library that Node was linked to, where systems have one or another. */
export function libc(): 'gnu' | 'musl' {
  // Node's own report says which C library it was linked to.
  // Named by the types of later versions alone. Without it, names of hosts are looked up.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean }
  const { excludeNetwork = false } = report
  report.excludeNetwork = true
  try {
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } }
    return header.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}

function unsupported(
  targets: readonly string[],
  failures: readonly unknown[],
): PluginHostError<'ERR_UNSUPPORTED_PLATFORM'> {
  const { platform, arch } = process
  // What kept an addon that is there from being loaded tells more than that another one is not there.
  const cause = failures.find(failure => !isAbsence(failure)) ?? failures[0]
  const reason = reasonOf(cause)
  const libcHere = platform === 'linux' ? { libc: libc() } : {}
  const details = { platform, arch, ...libcHere, reason }
  return new PluginHostError('ERR_UNSUPPORTED_PLATFORM', remedies[reason](targets.join(' or ')), details, {
    cause,
  })
}

/** Whether an addon is not where it was looked for; its file may be anywhere else. */
function isAbsence(failure: unknown): boolean {
  const { code } = failure as NodeJS.ErrnoException
  return code === 'MODULE_NOT_FOUND' || code === 'ERR_INVALID_ARG_VALUE'
}

function reasonOf(cause: unknown): UnsupportedPlatformReason {
  if ((cause as NodeJS.ErrnoException).code === 'ERR_DLOPEN_DISABLED') return 'addons-disabled'
  if (cause instanceof OtherVersion) return 'other-version'
  if (!isAbsence(cause)) return 'not-loadable'
  const { platform, arch } = process
  return PLATFORMS.has(platform) && ARCHITECTURES.has(arch) ? 'not-installed' : 'no-addon'
}

const PLATFORMS = new Set<string>(['linux', 'darwin', 'win32'])
const ARCHITECTURES = new Set<string>(['x64', 'arm64'])

/** What happened and what to do, by the reason. */
const remedies: Readonly<Record<UnsupportedPlatformReason, (target: string) => string>> = {
  'no-addon': target =>
    `There is no addon for ${target}. sen-plugin-host runs on Linux, macOS and Windows, on x64 and arm64`,
  'not-installed': target =>
    `The addon for ${target} is not installed. Install on the machine that runs it, without --omit=optional; ` +
    'delete node_modules and the lock file first if they came from another system. ' +
    'Have a bundler leave sen-plugin-host out of the bundle (as external). In a clone, run npm run build',
  'addons-disabled': target =>
    `Node was told to load no addons, and so not the one for ${target}. ` +
    'Start it with --allow-addons where it has --permission, and without --no-addons',
  'other-version': target =>
    `The addon for ${target} is of another version than sen-plugin-host; the cause says of which. ` +
    'Delete node_modules and the lock file, and install again. In a clone, run npm run build',
  'not-loadable': target =>
    `The addon for ${target} is there and could not be loaded; the cause says why. ` +
    'On Linux it needs glibc 2.28 or later, or musl 1.2; under --permission, reading of its file',
}
