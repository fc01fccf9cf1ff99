import { readdir } from 'node:fs/promises'
import {
  isPluginHostError,
  type Limits,
  type PluginHostErrorCode,
  PluginLoader,
  PluginRegistry,
} from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { anyUsage } from './fault.js'
import { guest } from './guest.js'

type Answer = { type: string; [field: string]: unknown }
type Fault = { code: PluginHostErrorCode; details: object }
type Outcome = Answer | Fault

interface Behaviour {
  /** What loading it comes to, where that fails. */
  readonly loaded?: Fault
  /** The first call of a live instance. */
  readonly live?: Outcome
  /** Its later calls. Default: as the first. */
  readonly again?: Outcome
  /** Calls of a registry. Default: as the first call of a live instance. */
  readonly pristine?: Outcome
  /** Synchronous calls of a registry. Default: as the others. */
  readonly blocking?: Outcome
  readonly limits?: Limits
}

const usage = anyUsage
const success = (output: string): Answer => ({ type: 'success', output, usage })
const error = (code: number, message: string): Answer => ({ type: 'error', code, message, usage })
const sleep = (id: number, durationMs: number): Answer => ({
  type: 'effect',
  effect: { type: 'sleep', id, durationMs },
  usage: { ...usage, effects: 0 },
})
const httpGet = (id: number): Answer => ({
  type: 'effect',
  effect: { type: 'httpGet', id, url: 'http://example.test/', headers: [] },
  usage: { ...usage, effects: 0 },
})

const outOfFuel = (limit = 10_000_000n): Fault => ({
  code: 'ERR_FUEL_EXHAUSTED',
  details: { limit, usage },
})
const outOfTime = (timeoutMs: number): Fault => ({
  code: 'ERR_DEADLINE_EXCEEDED',
  details: { timeoutMs, usage },
})
const outOfStack: Fault = { code: 'ERR_STACK_OVERFLOW', details: { usage } }
const outOfMemory: Fault = { code: 'ERR_MEMORY_LIMIT', details: { limit: 64 * 2 ** 20, usage } }
const outOfTable: Fault = { code: 'ERR_MEMORY_LIMIT', details: { limit: 100_000, usage } }
const tooManyEffects = (limit: number): Fault => ({ code: 'ERR_TOO_MANY_EFFECTS', details: { limit } })
const trap = (trap: string, details: object = {}): Fault => ({
  code: 'ERR_TRAP',
  details: { trap, backtrace: expect.any(Array), usage, ...details },
})
const outOfBounds = (ptr: number, len: number): Fault => ({ code: 'ERR_ABI_BOUNDS', details: { ptr, len } })
const undecodable = (what: string): Fault => ({ code: 'ERR_DECODE', details: { what } })
const tooLarge = (what: string): Fault => ({
  code: 'ERR_RESULT_TOO_LARGE',
  details: { what, limit: 4 * 2 ** 20, actual: 4 * 2 ** 20 + 1 },
})
const missing = (name: string): Fault => ({ code: 'ERR_MISSING_EXPORT', details: { export: name } })
const version = (actual: number): Fault => ({ code: 'ERR_API_VERSION', details: { expected: 2, actual } })
const invalidManifest = (field: string): Fault => ({ code: 'ERR_INVALID_MANIFEST', details: { field } })
const denied = (command: string, capabilities: object): Fault => ({
  code: 'ERR_PERMISSION_DENIED',
  details: { command, reason: expect.any(String), capabilities },
})
const invalidModule: Fault = { code: 'ERR_INVALID_MODULE', details: {} }
const unstartable = (details: object): Fault => ({ code: 'ERR_INSTANTIATION', details })

const asksForNothing = {
  fsRead: [],
  fsWrite: [],
  envRead: [],
  net: [],
  stdio: { stdin: false, stdout: false, stderr: false },
}
const escapes =
  '\x1b[31mred\x1b[0m \x1b[2J\x1b[H \x1b]8;;http://example.test/\x1b\\link\x1b]8;;\x1b\\ \x1b]52;c;cHduZWQ=\x07 \x9b1mC1\r\nforged line'

/** What the host answers to each guest, by its file's name; each is called with the argument `x`. */
const behaviours: Record<string, Behaviour> = {
  // Obedient guests
  echo: { live: success('x') },
  counter: { live: success('1'), again: success('2'), pristine: success('1') },
  dirty: { live: success('clean'), again: success('dirty'), pristine: success('clean') },
  busy: { live: success('ok') },
  'initialize-twice': { live: success('ok') },
  'manifest-map': { live: success('ok') },
  'error-user': { live: error(1, 'bad input') },
  'error-code-42': { live: error(42, 'forty-two') },
  'result-positional-error': { live: error(1, 'm') },

  // Loops without end
  forever: { live: outOfFuel() },
  'forever-in-start': { loaded: outOfFuel() },
  'forever-in-initialize': { loaded: outOfFuel() },
  'forever-in-manifest': { loaded: outOfFuel() },
  'forever-in-alloc': { live: outOfFuel() },
  'forever-in-dealloc': { live: outOfFuel(), pristine: success('ok') },
  'forever-in-resume': { live: sleep(1, 1), pristine: outOfFuel(), blocking: tooManyEffects(0) },
  'failing-grow-loop': { live: outOfTime(20), limits: { fuel: 2n ** 63n, timeoutMs: 20 } },
  'fill-loop': { live: outOfFuel() },

  // Traps
  'trap-in-start': { loaded: unstartable({ usage }) },
  'trap-in-manifest': { loaded: trap('unreachable') },
  'trap-unreachable': {
    live: trap('unreachable', {
      function: 'inner_step',
      backtrace: [
        { function: 'inner_step', index: expect.any(Number), offset: expect.any(Number) },
        { function: 'outer_step', index: expect.any(Number), offset: expect.any(Number) },
        { index: expect.any(Number), offset: expect.any(Number) },
      ],
    }),
  },
  'divide-by-zero': { live: trap('integer divide by zero') },
  'integer-overflow': { live: trap('integer overflow') },
  'out-of-bounds': { live: trap('out of bounds memory access') },
  'indirect-call-null': { live: trap('uninitialized element') },
  'bad-signature': { live: trap('indirect call type mismatch') },
  'table-out-of-bounds': { live: trap('out of bounds table access') },
  recurse: { live: outOfStack },
  'recurse-mutual': { live: outOfStack },
  'recurse-table': { live: outOfStack },

  // Memory and tables
  'grow-memory': { live: success('refused') },
  'grow-memory-loop-then-trap': { live: outOfMemory },
  'grow-memory-to-limit': {
    live: success('granted'),
    again: success('refused'),
    pristine: success('granted'),
  },
  'grow-memory-past-limit': { live: success('refused') },
  'grow-table': { live: outOfFuel() },
  'grow-table-to-limit': {
    live: success('granted'),
    again: success('refused'),
    pristine: success('granted'),
  },
  'grow-table-past-limit': { live: success('refused') },
  'two-tables': { loaded: outOfTable },
  'two-memories': { loaded: outOfMemory },
  'initial-memory-too-big': { loaded: outOfMemory },
  memory64: { loaded: invalidModule },
  'shared-memory': { loaded: invalidModule },

  // Allocators and packed results
  'lying-alloc': { live: outOfBounds(0x7fff_0000, 3) },
  'zero-alloc': { live: outOfBounds(0, 3) },
  'negative-alloc': { live: outOfBounds(0xffff_ffff, 3) },
  'same-block-alloc': { live: success('ok') },
  'result-overlaps-arguments': { live: success('ok') },
  'result-beyond-memory': { live: outOfBounds(65_532, 12) },
  'result-max-length': { live: outOfBounds(0, 0xffff_ffff) },
  'result-overflow': { live: outOfBounds(0xffff_ffff, 0xffff_ffff) },
  'result-high-pointer': { live: outOfBounds(0x8000_0000, 12) },
  'result-null': { live: outOfBounds(0, 0) },
  'result-largest': { live: success('\0'.repeat(4_194_290)) },
  'result-too-large': { live: tooLarge('result') },

  // Effects
  'effect-sleep': { live: sleep(1, 1), pristine: success('awake'), blocking: tooManyEffects(0) },
  'effect-http': { live: httpGet(7), pristine: success('resumed'), blocking: tooManyEffects(0) },
  'effect-result': { live: httpGet(0xffff_fffe), pristine: success('error'), blocking: tooManyEffects(0) },
  'effect-forever': { live: sleep(0, 0), pristine: tooManyEffects(64), blocking: tooManyEffects(0) },
  'effect-without-resume': {
    live: sleep(1, 1),
    pristine: missing('plugin_resume'),
    blocking: tooManyEffects(0),
  },
  // That the wait can be ended is tested with effects; here none is begun.
  'effect-sleep-hour': {
    live: sleep(1, 3_600_000),
    pristine: tooManyEffects(0),
    limits: { maxEffects: 0 },
  },

  // Exports and imports
  'missing-memory': { loaded: missing('memory') },
  'missing-alloc': { loaded: missing('plugin_alloc') },
  'missing-dealloc': { loaded: missing('plugin_dealloc') },
  'missing-manifest': { loaded: missing('plugin_manifest') },
  'missing-execute': { loaded: missing('plugin_execute') },
  'wrong-type-execute': { loaded: missing('plugin_execute') },
  'unknown-import': { loaded: unstartable({ import: 'env.now' }) },

  // Manifests
  'api-version-1': { loaded: version(1) },
  'api-version-3': { loaded: version(3) },
  'manifest-not-msgpack': { loaded: undecodable('manifest') },
  'manifest-truncated': { loaded: undecodable('manifest') },
  'manifest-trailing-bytes': { loaded: undecodable('manifest') },
  'manifest-lying-length': { loaded: undecodable('manifest') },
  'manifest-huge-string': { loaded: undecodable('manifest') },
  'manifest-beyond-memory': { loaded: outOfBounds(65_532, 32) },
  'manifest-too-large': { loaded: tooLarge('manifest') },
  'manifest-bad-utf8': { loaded: undecodable('manifest') },
  'manifest-extension-type': { loaded: undecodable('manifest') },
  'manifest-duplicate-keys': { loaded: undecodable('manifest') },
  'manifest-deep': { loaded: undecodable('manifest') },
  'manifest-million-subcommands': { loaded: undecodable('manifest') },
  'capabilities-fs': {
    live: success('ok'),
    pristine: denied('capabilities-fs', {
      ...asksForNothing,
      fsRead: [{ pattern: './data', recursive: false }],
    }),
  },
  'capabilities-net': {
    live: httpGet(7),
    pristine: denied('capabilities-net', {
      ...asksForNothing,
      net: [{ host: 'example.test', protocol: 'http' }],
    }),
  },
  'env-too-wide': { loaded: invalidManifest('capabilities.env_read[0]') },

  // Names
  'name-constructor': { live: success('ok') },
  'name-longest': { live: success('ok') },
  'name-too-long': { loaded: invalidManifest('command.name') },
  'name-proto': { loaded: invalidManifest('command.name') },
  'name-empty': { loaded: invalidManifest('command.name') },
  'name-nul': { loaded: invalidManifest('command.name') },
  'name-parent': { loaded: invalidManifest('command.name') },
  'name-space': { loaded: invalidManifest('command.name') },
  'name-rtl': { loaded: invalidManifest('command.name') },
  'name-zero-width': { loaded: invalidManifest('command.name') },
  'name-megabyte': { loaded: invalidManifest('command.name') },

  // Terminal escapes: kept as they are, for whoever shows them to make inert
  'escape-about': { live: success('ok') },
  'escape-output': { live: success(escapes) },
  'escape-error': { live: error(1, escapes) },

  // Results
  'result-unknown-variant': { live: undecodable('result') },
  'result-not-utf8': { live: undecodable('result') },
  'result-ext': { live: undecodable('result') },
  'result-trailing': { live: undecodable('result') },
  'result-duplicate-keys': { live: undecodable('result') },
  'result-huge-string': { live: undecodable('result') },
  'result-lying-length': { live: undecodable('result') },
  'result-nested-deep': { live: undecodable('result') },

  // Of WASI, little is granted to everybody
  'wasi-import': { live: success('ok') },
  'wasi-loop': { live: outOfTime(50), limits: { timeoutMs: 50, fuel: 2n ** 60n } },
  'wasi-open-many': {
    live: sleep(1, 0),
    pristine: denied('wasi-open-many', {
      ...asksForNothing,
      fsRead: [{ pattern: './data', recursive: true }],
    }),
  },
  'wasi-read-and-write': {
    live: success('----'),
    pristine: denied('wasi-read-and-write', {
      ...asksForNothing,
      fsRead: [{ pattern: './data', recursive: true }],
      fsWrite: [{ pattern: './out', recursive: true }],
    }),
  },
  'wasi-random': { live: success('refused') },
  'wasi-sleep': { live: outOfTime(50), limits: { timeoutMs: 50 } },
}

describe('every guest meets what it is meant to, twice, and other plugins do not notice', () => {
  for (const [name, behaviour] of Object.entries(behaviours)) {
    const { loaded } = behaviour
    test(`${name} ${loaded === undefined ? 'is loaded and called' : 'is refused when it is loaded'}`, () =>
      loaded === undefined ? called(name, behaviour) : refused(name, loaded))
  }

  test('no guest is without a test', async () => {
    const files = await readdir(new URL('guests', import.meta.url))
    const guests = files.filter(file => file.endsWith('.wat')).map(file => file.slice(0, -'.wat'.length))
    expect(Object.keys(behaviours).sort()).toEqual(guests.sort())
  })
})

async function refused(name: string, expected: Fault): Promise<void> {
  const module = await guest(name)
  const others = await bystanders()
  const loader = new PluginLoader()
  const registry = new PluginRegistry()
  for (let round = 0; round < 2; round++) {
    expect(await outcomeOf(() => loader.load(module))).toMatchObject(expected)
    await others.work()
    expect(await outcomeOf(() => registry.loadPlugin(module))).toMatchObject(expected)
    await others.work()
  }
  expect(registry.isEmpty).toBe(true)
}

async function called(name: string, behaviour: Behaviour): Promise<void> {
  const { live, again = live, pristine = live, blocking = pristine, limits = {} } = behaviour
  const module = await guest(name)
  const others = await bystanders()
  const loader = new PluginLoader({ limits })

  const plugin = await loader.load(module)
  expect(await outcomeOf(() => plugin.instance.execute(['x']))).toMatchObject(live as Outcome)
  await others.work()
  expect(await outcomeOf(() => plugin.instance.execute(['x']))).toMatchObject(again as Outcome)
  await others.work()
  const other = await loader.load(module)
  expect(await outcomeOf(async () => other.instance.executeSync(['x']))).toMatchObject(live as Outcome)
  await others.work()

  const registry = new PluginRegistry({ limits })
  const { command } = await registry.loadPlugin(module)
  for (let round = 0; round < 2; round++) {
    const awaited = await outcomeOf(() => registry.execute(command.name, ['x']))
    expect(awaited).toMatchObject(pristine as Outcome)
    await others.work()
    const blocked = await outcomeOf(async () => registry.executeSync(command.name, ['x']))
    expect(blocked).toMatchObject(blocking as Outcome)
    await others.work()
  }
}

/** A live instance and a registry of other plugins, to see that they work on. */
async function bystanders(): Promise<{ work(): Promise<void> }> {
  const { instance } = await new PluginLoader().load(await guest('counter'))
  const registry = new PluginRegistry()
  await registry.loadPlugin(await guest('echo'))
  let calls = 0
  return {
    async work() {
      calls += 1
      expect(await instance.execute([])).toMatchObject(success(String(calls)))
      expect(await registry.execute('echo', ['well'])).toMatchObject(success('well'))
      expect(registry.executeSync('echo', ['well'])).toMatchObject(success('well'))
    },
  }
}

async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    if (!isPluginHostError(error)) throw error
    return { code: error.code, details: error.details }
  }
}
