import { setTimeout } from 'node:timers/promises'
import { modulePath } from '../module-path.js'
import { checkBoolean, checkOptions, checkSignal } from '../options.js'
import { type AuditFilter, checkFilter } from './filter.js'
import { type AuditEntry, AuditTail } from './tail.js'

/** How long `readAudit` goes on. */
export interface ReadAuditOptions {
  /** Whether to go on with what is recorded from now on, until it is told to stop. Default: false. */
  readonly follow?: boolean
  /** Ends it: the iteration rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** How often a file that is followed is looked at: also where the system tells of no changes. */
const POLL_MS = 200

/**
 * Reads what a `FileAuditSink` wrote: the files that were full first, then the one that is written. A
 * line that is no record, such as one that a full disk cut short, is an entry of its own and costs
 * none of the others; a filter does not leave it out.
 *
 * @param path - The audit file, or a `file:` URL.
 * @throws {PluginHostError} `ERR_INVALID_ARG` for a filter or option that is none. What the system says
 *   of the file comes with Node's own code; that there is none yet is no error for who follows.
 */
export async function* readAudit(
  path: string | URL,
  filter?: AuditFilter,
  options?: ReadAuditOptions,
): AsyncGenerator<AuditEntry, void, undefined> {
  const { follow, signal } = checkOptions(options, 'options', ['follow', 'signal'])
  const audit = { path: modulePath(path, 'path'), signal: checkSignal(signal) }
  const isWanted = checkFilter(filter, 'filter')
  const batches = checkBoolean(follow ?? false, 'options.follow') ? followAudit(audit) : [readOnce(audit)]
  for await (const entries of batches) {
    for await (const entry of entries) {
      if (entry.type === 'invalid' || isWanted(entry.event)) yield entry
    }
  }
}

interface Audit {
  readonly path: string
  readonly signal: AbortSignal | undefined
}

/** @internal What there is of an audit, all at once. */
export async function* readOnce({ path, signal }: Audit): AsyncGenerator<AuditEntry> {
  const tail = new AuditTail(path)
  try {
    yield* untilAborted(tail.available(), signal)
    yield* tail.end()
    if (!tail.isFound) throw missing(path)
  } finally {
    await tail.close()
  }
}

/** @internal What there is of an audit, and then what has come whenever it is looked at again. */
export async function* followAudit({ path, signal }: Audit): AsyncGenerator<AsyncIterable<AuditEntry>> {
  const tail = new AuditTail(path)
  try {
    for (;;) {
      yield untilAborted(tail.available(), signal)
      await setTimeout(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {})
      signal?.throwIfAborted()
    }
  } finally {
    await tail.close()
  }
}

async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  signal?.throwIfAborted()
  for await (const item of items) {
    yield item
    signal?.throwIfAborted()
  }
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file, open '${path}'`), {
    code: 'ENOENT',
    syscall: 'open',
    path,
  })
}
