import { quote } from 'shlex'
import { CACHE_VARIABLE, type Cache, type CacheOption, checkCache } from '../../cache.js'
import type { CacheEntry } from '../../native.js'
import { textOfError } from '../../text-of-error.js'
import { amountOf } from '../artefacts.js'
import { displayPath } from '../paths.js'
import type { Check, Verdict } from './check.js'

const ELSEWHERE = `name another directory with --cache DIR or ${CACHE_VARIABLE}`

/**
 * What to do about a cache that cannot be used. The addon gives its reason in words only: those that
 * are not known here have the remedy that always helps.
 */
const REMEDIES: readonly (readonly [reason: RegExp, remedy: (directory: string) => string])[] = [
  [/directory cannot be used/, directory => `see that ${directory} can be made and opened, or ${ELSEWHERE}`],
  [
    /directory belongs to another user/,
    directory => `run as the user that ${directory} belongs to, or ${ELSEWHERE}`,
  ],
  [/others may write/, directory => `chmod go-w ${quote(directory)}`],
  [/noexec/, () => `${ELSEWHERE}, on a file system that allows code`],
  [/key .* belongs to another user/, directory => `delete ${directory}/key: another one is made`],
  [
    /key .* cannot be made/,
    directory => `see that ${directory}/key can be read and written, or ${ELSEWHERE}`,
  ],
]

/**
 * Where compiled code is kept, and how much of it. Needs the addon. Nothing about it is a problem:
 * plugins load without.
 */
export function cacheCheck(option: CacheOption | undefined): Check {
  const cache = checkCache(option, 'options.cache')
  if (cache === undefined) return { name: 'cache', ...without(option) }
  const { directory } = cache
  let entries: CacheEntry[]
  try {
    entries = cache.native.list()
  } catch (error) {
    const reason = textOfError(error)
    return { name: 'cache', ...unusable(cache, reason), details: { directory, usable: false, reason } }
  }
  const { bytes, amount } = amountOf(entries)
  const details = { directory, usable: true, entries: entries.length, bytes }
  const message = `${displayPath(directory)}: ${amount}`
  const foreign = entries.filter(({ contents }) => contents === undefined).length
  if (foreign === 0) return { name: 'cache', state: 'ok', message, details }
  return {
    name: 'cache',
    state: 'warning',
    message: `${message}, ${foreign} of them not authentic, and never used`,
    remedy: 'sen cache verify deletes those; if nobody damaged them, see who may write there',
    details,
  }
}

function without(option: CacheOption | undefined): Verdict {
  if (option === false || process.env[CACHE_VARIABLE] === 'off') {
    const by = option === false ? '--no-cache' : `${CACHE_VARIABLE}=off`
    return { state: 'ok', message: `switched off by ${by}: every process compiles what it loads` }
  }
  return {
    state: 'warning',
    message: "there is none: the user's cache directory is no absolute path",
    remedy: `make XDG_CACHE_HOME an absolute path, or ${ELSEWHERE}`,
  }
}

function unusable({ directory }: Cache, reason: string): Verdict {
  const [, remedy] = REMEDIES.find(([known]) => known.test(reason)) ?? []
  return {
    state: 'warning',
    message: `${displayPath(directory)} is not used, and every process compiles what it loads: ${reason}`,
    remedy: remedy?.(displayPath(directory)) ?? ELSEWHERE,
  }
}
