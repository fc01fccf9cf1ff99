import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from './cli/sen.js'

/** What a page says of a bound, and where that is set. */
const BOUNDS: readonly (readonly [row: string, file: string, name: string])[] = [
  ['fuel for each call', 'crates/host/src/limits.rs', 'fuel'],
  ['linear memory', 'crates/host/src/limits.rs', 'memory_bytes'],
  ['linear memory', 'crates/host/src/limits.rs', 'MAX_MEMORY_BYTES'],
  ['table elements', 'crates/host/src/limits.rs', 'table_elements'],
  ['table elements', 'crates/host/src/limits.rs', 'MAX_TABLE_ELEMENTS'],
  ['an encoded result', 'crates/host/src/limits.rs', 'result_bytes'],
  ['wasm stack', 'crates/host/src/limits.rs', 'STACK_BYTES'],
  ['calls that wait for a thread or a turn', 'src/executor.ts', 'DEFAULT_QUEUE_LIMIT'],
  ['executions that wait for their caller', 'src/registry.ts', 'MAX_SUSPENDED'],
  ['effects in one execution', 'src/limits.ts', 'DEFAULT_MAX_EFFECTS'],
  ['bytes of the module', 'crates/host/src/precheck.rs', 'MAX_MODULE_BYTES'],
  ['functions', 'crates/host/src/precheck.rs', 'MAX_FUNCTIONS'],
  ['bytes of one function', 'crates/host/src/precheck.rs', 'MAX_FUNCTION_BYTES'],
  ['locals of one function', 'crates/host/src/precheck.rs', 'MAX_LOCALS'],
  ['branch targets', 'crates/host/src/precheck.rs', 'MAX_BRANCH_TARGETS'],
  ['indirect calls', 'crates/host/src/precheck.rs', 'MAX_INDIRECT_CALLS'],
  ['locals times loops', 'crates/host/src/precheck.rs', 'MAX_LOCALS_IN_LOOPS'],
  ['locals times branches', 'crates/host/src/precheck.rs', 'MAX_LOCALS_IN_BRANCHES'],
  ['parameters and results', 'crates/host/src/precheck.rs', 'MAX_TYPE_VALUES'],
  ['types, exports, globals', 'crates/host/src/precheck.rs', 'MAX_TYPES'],
  ['types, exports, globals', 'crates/host/src/precheck.rs', 'MAX_EXPORTS'],
  ['types, exports, globals', 'crates/host/src/precheck.rs', 'MAX_GLOBALS'],
  ['imports', 'crates/host/src/precheck.rs', 'MAX_IMPORTS'],
  ['element segments', 'crates/host/src/precheck.rs', 'MAX_SEGMENTS'],
  ['memories, and tables', 'crates/host/src/engine.rs', 'MAX_MEMORIES_PER_MODULE'],
  ['memories, and tables', 'crates/host/src/engine.rs', 'MAX_TABLES_PER_MODULE'],
  ['nesting of a decoded value', 'crates/protocol/src/encoding/structure.rs', 'MAX_DEPTH'],
  ['values in a manifest', 'crates/protocol/src/encoding/structure.rs', 'MAX_MANIFEST_VALUES'],
  ['values in a result', 'crates/protocol/src/encoding/structure.rs', 'MAX_RESULT_VALUES'],
  [
    "characters of a command's name",
    'crates/protocol/src/manifest/command_name.rs',
    'MAX_COMMAND_NAME_CHARS',
  ],
  ['entries of each list', 'crates/protocol/src/capability.rs', 'MAX_PATTERNS'],
  ['bytes of a path pattern', 'crates/protocol/src/capability/path.rs', 'MAX_PATH_PATTERN_BYTES'],
  ["bytes of a variable's name", 'crates/protocol/src/capability/env.rs', 'MAX_ENV_PATTERN_BYTES'],
  ["bytes of a host's name", 'crates/protocol/src/capability/net.rs', 'MAX_NAME_BYTES'],
  ['to a file', 'crates/host/src/sandbox/wasi/file.rs', 'MAX_TRANSFER_BYTES'],
  ['to a stream', 'crates/host/src/sandbox/wasi/descriptor_calls.rs', 'MAX_STREAM_BYTES'],
  ['random bytes', 'crates/host/src/sandbox/wasi/process_calls.rs', 'MAX_RANDOM_BYTES'],
  ['pieces of memory', 'crates/host/src/sandbox/wasi/memory.rs', 'MAX_PIECES'],
  ['`poll_oneoff`', 'crates/host/src/sandbox/wasi/poll.rs', 'MAX_SUBSCRIPTIONS'],
  ['bytes of a path |', 'crates/host/src/sandbox/wasi/memory.rs', 'MAX_PATH_BYTES'],
  ['entries of a directory', 'crates/host/src/sandbox/wasi/listing.rs', 'MAX_ENTRIES'],
  ['bytes of the listings', 'crates/host/src/sandbox/wasi/descriptor_calls.rs', 'MAX_LISTING_BYTES'],
  ['descriptors of one execution', 'crates/host/src/sandbox/wasi/descriptor.rs', 'MAX_DESCRIPTORS'],
  ['bytes of the environment', 'crates/host/src/grant.rs', 'MAX_ENVIRONMENT_BYTES'],
  ['output that waits', 'crates/node/src/world.rs', 'MAX_BYTES_UNWRITTEN'],
  ['time of a request', 'src/effects/http/options.ts', 'timeoutMs'],
  ['time of each connection', 'src/effects/http/options.ts', 'connectTimeoutMs'],
  ['redirects |', 'src/effects/http/options.ts', 'maxRedirects'],
  ['bytes of a body', 'src/effects/http/options.ts', 'maxResponseBytes'],
  ['requests of one plugin', 'src/effects/http/options.ts', 'maxConcurrent'],
  ['sleep |', 'src/effects/options.ts', 'DEFAULT_MAX_SLEEP_MS'],
  ['characters of a URL', 'src/effects/http/target.ts', 'MAX_URL_LENGTH'],
  ['headers of a request', 'src/effects/http/headers.ts', 'MAX_HEADERS'],
  ["bytes of a request's headers", 'src/effects/http/headers.ts', 'MAX_HEADER_BYTES'],
  ["bytes of a response's headers", 'src/effects/http/exchange.ts', 'MAX_RESPONSE_HEADER_BYTES'],
  ['that a connection delivers', 'src/effects/http/exchange.ts', 'MAX_OTHER_BYTES'],
  ['bytes of a body', 'src/effects/http/options.ts', 'MAX_RESPONSE_BYTES'],
  ['compiled code that is kept', 'crates/host/src/compile_cache.rs', 'DEFAULT_MAX_BYTES'],
  ['bytes of one audit file', 'src/audit/file-sink.ts', 'DEFAULT_MAX_BYTES'],
  ['audit files', 'src/audit/file-sink.ts', 'DEFAULT_MAX_FILES'],
  ['one text in an audit record', 'src/audit/bounded.ts', 'MOST_OF_STRING'],
  ['bytes of a policy file', 'src/permissions/policy.ts', 'MAX_BYTES'],
  ['time for a person', 'src/permissions/terminal-prompt.ts', 'DEFAULT_TIMEOUT_MS'],
]

describe('docs/limits.md says what the code does', async () => {
  const rows = (await readFile(join(projectRoot, 'docs', 'limits.md'), 'utf8'))
    .split('\n')
    .filter(line => line.startsWith('|'))

  test.each(BOUNDS)('%s: %s, %s', async (what, file, name) => {
    const value = constantOf(await readFile(join(projectRoot, file), 'utf8'), name)
    const row = rows.find(row => row.split(' | ')[0]?.concat(' |').includes(what))
    const written = [
      `${value.toLocaleString('en-US')}`,
      `${value / 2 ** 10} KiB`,
      `${value / 2 ** 20} MiB`,
      `${value / 2 ** 30} GiB`,
    ]
    expect(row?.split(/[|;]| and /).map(cell => cell.trim().replace(/ (ms|each)$/, ''))).toEqual(
      expect.arrayContaining([expect.toBeOneOf(written)]),
    )
  })
})

/** The value of a constant or default in Rust or TypeScript: numbers that are multiplied, raised or shifted. */
function constantOf(source: string, name: string): number {
  const [, text = ''] = new RegExp(`\\b${name}\\b(?:: [a-z]\\w*)?(?: =|:) (\\d[^;,\\n]*)`).exec(source) ?? []
  const product = (factors: string) =>
    factors.split(/ \* (?!\*)/).reduce((product, factor) => {
      const [base = Number.NaN, exponent = 1] = factor
        .split(' ** ')
        .map(number => Number(number.replaceAll('_', '')))
      return product * base ** exponent
    }, 1)
  const [value = Number.NaN, shift = 0] = text.split(' << ').map(product)
  return value * 2 ** shift
}
