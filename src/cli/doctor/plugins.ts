import { dirname } from 'node:path'
import { quote } from 'shlex'
import { hashOf, missing, NO_CAPABILITIES, union } from '../../capabilities.js'
import type { LoadedPlugin, PluginHostErrorCode, PluginLoaderOptions, ScanFailure } from '../../index.js'
import { inertLine } from '../../inert.js'
import { asksForNothing, type Capabilities } from '../../manifest.js'
import { dateOf } from '../../permissions/decided.js'
import { clip } from '../../width.js'
import { capabilityLines } from '../capability-lines.js'
import { Catalogue } from '../catalogue.js'
import { failureOf } from '../failure.js'
import { permissionStore } from '../grants.js'
import { LIMIT_FLAGS } from '../options.js'
import { displayPath, withoutPath } from '../paths.js'
import { failureData } from '../plugin-table.js'
import { problem, type Verdict } from './check.js'

/** A file of a directory. `data` is what programs get besides the verdict. */
export type PluginReport = Verdict & { readonly path: string; readonly data: object }

const DIGEST_SHOWN = 'blake3:'.length + 12
/** What a guest asks for can be long: so many columns of it are shown, made of so many characters. */
const COLUMNS_SHOWN = 160
const CHARACTERS_READ = 2000

const REBUILD = 'build it again for wasm32-unknown-unknown with sen-plugin-sdk'

/** What to do about a file that is no plugin. */
const REMEDIES: Readonly<Partial<Record<PluginHostErrorCode, string>>> = {
  ERR_INVALID_MODULE: `see that it is a whole file that this user may read, or ${REBUILD}`,
  ERR_MODULE_TOO_COMPLEX: 'make it smaller: build for release, optimised for size',
  ERR_INSTANTIATION: `${REBUILD}: a plugin imports nothing but WASI preview 1`,
  ERR_MISSING_EXPORT: REBUILD,
  ERR_API_VERSION: 'build it with a version of sen-plugin-sdk that speaks API version 2',
  ERR_INVALID_MANIFEST: 'correct what it says of itself in its manifest',
  ERR_DECODE: REBUILD,
  ERR_ABI_BOUNDS: REBUILD,
  ERR_TRAP: 'correct its start-up or manifest, where it fails',
  ERR_FUEL_EXHAUSTED: `have it do less to start, or allow more with ${LIMIT_FLAGS.fuel}`,
  ERR_DEADLINE_EXCEEDED: `have it do less to start, or allow more with ${LIMIT_FLAGS.timeoutMs}`,
  ERR_MEMORY_LIMIT: `have it take less, or allow more with ${LIMIT_FLAGS.memoryBytes} and ${LIMIT_FLAGS.tableElements}`,
  ERR_RESULT_TOO_LARGE: `have it say less, or allow more with ${LIMIT_FLAGS.resultBytes}`,
}

/** Loads everything in these directories: a report for each file, by directory and path. */
export async function examinePlugins(
  directories: readonly string[],
  loading: PluginLoaderOptions,
): Promise<PluginReport[]> {
  const { loaded, failures, conflicts } = await Catalogue.load(directories, loading)
  const owners = new Map(conflicts.map(({ path, owner }) => [path, owner]))
  const reports = [
    ...loaded.map(plugin => pluginReport(plugin, owners.get(plugin.path ?? ''))),
    ...failures.map(failureReport),
  ]
  return directories.flatMap(directory =>
    reports.filter(({ path }) => dirname(path) === directory).sort((a, b) => (a.path < b.path ? -1 : 1)),
  )
}

function pluginReport(
  { path = '', manifest, digest }: LoadedPlugin,
  owner: string | undefined,
): PluginReport {
  const { apiVersion, command, capabilities } = manifest
  const about = `${command.name}, API version ${apiVersion}, ${digest.slice(0, DIGEST_SHOWN)}`
  const message = `${displayPath(path)}: ${about}`
  const data = {
    command: command.name,
    apiVersion,
    digest,
    capabilities,
    ...(owner === undefined ? {} : { owner }),
  }
  if (owner !== undefined) {
    return {
      path,
      state: 'warning',
      message: `${message}; not used: ${command.name} is in ${displayPath(owner)} already`,
      remedy: 'rename the command of one of the two files, or take one away',
      data,
    }
  }
  if (!asksForNothing(capabilities)) {
    const ungranted = missing(grantedTo(digest, capabilities), capabilities)
    const details = { ...data, ungranted }
    if (asksForNothing(ungranted))
      return { path, state: 'ok', message: `${message}; granted: ${shown(capabilities)}`, data: details }
    return {
      path,
      state: 'warning',
      message: `${message}; asks for what is not granted for good: ${shown(ungranted)}`,
      remedy: `sen permissions grant ${quote(displayPath(path))}, or answer when it is run`,
      data: details,
    }
  }
  return { path, state: 'ok', message, data }
}

/** What sen's own store has for this very code and request. */
function grantedTo(digest: string, capabilities: Capabilities): Capabilities {
  const hash = hashOf(capabilities)
  const grants = permissionStore(undefined).list()
  const current = grants.filter(
    grant =>
      grant.digest === digest && grant.capabilitiesHash === hash && dateOf(grant.expiresAt) > Date.now(),
  )
  return current.reduce((all, { granted }) => union(all, granted), NO_CAPABILITIES)
}

function shown(capabilities: Capabilities): string {
  const lines = capabilityLines(capabilities).join('; ')
  return clip(inertLine(lines.slice(0, CHARACTERS_READ)), COLUMNS_SHOWN, 'end')
}

function failureReport(failure: ScanFailure): PluginReport {
  const { path, error } = failure
  const message = `${displayPath(path)}: ${withoutPath(failureOf(error).message, path)} (${error.code})`
  const remedy = REMEDIES[error.code] ?? 'sen inspect --verbose FILE says more'
  return { path, ...problem(error, message, remedy), data: failureData(failure) }
}
