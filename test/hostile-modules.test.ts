import { isPluginHostError, PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { fault } from './fault.js'
import { compile, guest } from './guest.js'
import { body, functions, leb, module, vector } from './module.js'

const NOP = 0x01

describe('a module at a limit is compiled, one over it is refused before that', () => {
  const limits: [what: string, limit: number, make: (actual: number) => Uint8Array][] = [
    ['bytes', 16 * 2 ** 20, padded],
    ['bytes of a function', 256 * 2 ** 10, size => functions([bodyOf(size)])],
    ['locals of a function', 10_000, count => functions([body(Uint8Array.of(), [count - 5, 5])])],
    ['branch targets of a function', 10_000, count => functions([body(branches(count))])],
    ['types', 10_000, count => module([1, vector(new Array(count).fill(Uint8Array.of(0x60, 0, 0)))])],
    ['globals', 10_000, count => module([6, vector(new Array(count).fill(GLOBAL))])],
  ]
  test.each(limits)('%s', async (_, limit, make) => {
    const loader = new PluginLoader()
    // Well-formed, but no plugin.
    await fault('ERR_MISSING_EXPORT', loader.load(make(limit)))
    const { details } = await fault('ERR_MODULE_TOO_COMPLEX', loader.load(make(limit + 1)))
    expect(details).toEqual({ what: expect.any(String), limit, actual: expect.any(Number) })
    expect(details.actual).toBeGreaterThan(limit)
  })

  test('functions', async () => {
    // Of a type that there is not, so that those within the limit take no time to compile.
    const declared = (count: number) => module([3, vector(new Array(count).fill(Uint8Array.of(0)))])
    await fault('ERR_INVALID_MODULE', new PluginLoader().load(declared(20_000)))
    const { details } = await fault('ERR_MODULE_TOO_COMPLEX', new PluginLoader().load(declared(20_001)))
    expect(details).toMatchObject({ limit: 20_000, actual: 20_001 })
  })

  test('4,294,967,295 locals in a few bytes', async () => {
    const { details } = await fault(
      'ERR_MODULE_TOO_COMPLEX',
      new PluginLoader().load(functions([body(Uint8Array.of(), [0xffff_ffff])])),
    )
    expect(details.actual).toBe(0xffff_ffff)
  })
})

describe('what is no module is said to be none', () => {
  test.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('(module)')],
    ['zeros', new Uint8Array(1000)],
    ['half a header', Uint8Array.of(0, 0x61, 0x73)],
    ['a header of another version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)],
    ['a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)],
    [
      'an ELF file, as a precompiled artefact is',
      Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(1000)]),
    ],
    ['an executable', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(1000)])],
  ])('%s', async (_, bytes) => {
    const { details } = await fault('ERR_INVALID_MODULE', new PluginLoader().load(bytes))
    expect(details).toEqual({})
  })

  test('an empty module is one, but no plugin', async () => {
    const { details } = await fault('ERR_MISSING_EXPORT', new PluginLoader().load(module()))
    expect(details).toEqual({ export: 'memory' })
  })
})

describe('a plugin that was damaged is refused with a code, or is a plugin still', () => {
  test('cut off at any byte', async () => {
    const whole = await guest('effect-sleep')
    const loader = new PluginLoader()
    const codes = await Promise.all(
      Array.from({ length: whole.length }, (_, length) => codeOf(loader.load(whole.subarray(0, length)))),
    )
    // What is cut off right after a section is a module, though without all that the protocol asks for, unless that is
    // the name section, which is nothing that it asks for.
    const known = ['ERR_INVALID_MODULE', 'ERR_MISSING_EXPORT', 'ERR_DECODE', 'loaded']
    expect(codes.filter(code => !known.includes(code))).toEqual([])
    expect(codes.filter(code => code === 'ERR_INVALID_MODULE').length).toBeGreaterThan(whole.length - 20)
  })

  test('with bytes changed at random, four hundred times', async () => {
    const whole = await guest('echo')
    const registry = new PluginRegistry()
    const limits = { fuel: 100_000, timeoutMs: 200 }
    const loader = new PluginLoader({ limits })
    const random = numbers(7)
    let loaded = 0
    for (let round = 0; round < 400; round++) {
      const mutant = whole.slice()
      for (let change = random(3); change >= 0; change--) mutant[8 + random(mutant.length - 8)] = random(256)
      try {
        const { instance } = await loader.load(mutant)
        loaded += 1
        expect((await instance.execute(['x'])).type).toMatch(/^(success|error|effect)$/)
      } catch (error) {
        if (!isPluginHostError(error)) throw error
        expect(error.code).toMatch(/^ERR_/)
        expect(['ERR_INTERNAL', 'ERR_INVALID_ARG', 'ERR_BUSY']).not.toContain(error.code)
      }
    }
    // Most are refused; that some were not shows that the damage is not all of one kind.
    expect(loaded).toBeGreaterThan(5)
    await registry.loadPlugin(whole)
    expect(await registry.execute('echo', ['x'])).toMatchObject({ output: 'x' })
  })
})

describe('what a module declares costs nothing until it is granted', () => {
  test('a memory of 4 GiB, and a table of 4 billion elements', async () => {
    const plugin = (fields: string) => `(module ${fields}
      (func (export "plugin_alloc") (param i32) (result i32) (i32.const 0))
      (func (export "plugin_dealloc") (param i32 i32))
      (func (export "plugin_manifest") (result i64) (i64.const 0))
      (func (export "plugin_execute") (param i32 i32) (result i64) (i64.const 0)))`
    const memory = await compile(plugin('(memory (export "memory") 65536)'))
    const limit = 64 * 2 ** 20
    expect((await fault('ERR_MEMORY_LIMIT', new PluginLoader().load(memory))).details.limit).toBe(limit)
    const table = await compile(plugin('(memory (export "memory") 1) (table 4294967295 funcref)'))
    const loads = [new PluginLoader().load(table), new PluginRegistry().loadPlugin(table)]
    for (const load of loads) {
      const { details } = await fault('ERR_MEMORY_LIMIT', load)
      // Refused before anything ran, which has a receipt all the same.
      const usage = { fuelConsumed: 0n, durationMs: 0, peakMemoryBytes: 0, effects: 0 }
      expect(details).toMatchObject({ limit: 1_000_000, usage })
    }
  })
})

const GLOBAL = Uint8Array.of(0x7f, 0, 0x41, 0, 0x0b)

/** A module that takes this many bytes, most of them in a section that means nothing. */
function padded(size: number): Uint8Array {
  // The header, the section's id, its length in four bytes, and its name, which is empty.
  return module([0, new Uint8Array(size - 8 - 1 - 4)])
}

/** A function's body of this many bytes, its own length not counted. */
function bodyOf(size: number): Uint8Array {
  // One byte says that there are no locals, one is the end.
  return body(new Uint8Array(size - 2).fill(NOP))
}

/** `br_table` with this many targets, the default not counted. */
function branches(count: number): Uint8Array {
  return Uint8Array.of(0x41, 0, 0x0e, ...leb(count), ...new Array(count + 1).fill(0))
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'loaded'
  } catch (error) {
    if (!isPluginHostError(error)) throw error
    return error.code
  }
}

/** Numbers below a bound, the same on every run. */
function numbers(seed: number): (bound: number) => number {
  let state = seed
  return bound => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % bound
  }
}
