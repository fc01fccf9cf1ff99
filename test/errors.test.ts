import {
  isPluginHostError,
  PluginHostError,
  PluginLoader,
  PluginRegistry,
  PluginScanner,
} from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { endless, meanwhile } from './calls.js'
import { fault, faultSync, rejection, thrown } from './fault.js'
import { guest } from './guest.js'

const thisFile = 'errors.test.ts'

describe('every fault is one kind of error', () => {
  test('an Error with a name, a code, a message and details', async () => {
    const error = await rejection(new PluginRegistry().execute('absent'))
    expect(error).toBeInstanceOf(PluginHostError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'PluginHostError', code: 'ERR_COMMAND_NOT_FOUND' })
    expect((error as Error).message).not.toBe('')
  })

  test('isPluginHostError tells it from others, and one code from another', async () => {
    const error = await rejection(new PluginRegistry().execute('absent'))
    expect(isPluginHostError(error)).toBe(true)
    expect(isPluginHostError(error, 'ERR_COMMAND_NOT_FOUND')).toBe(true)
    expect(isPluginHostError(error, 'ERR_CLOSED')).toBe(false)
    const system = Object.assign(new Error('no'), { code: 'ERR_CLOSED', details: {} })
    for (const other of [system, { ...(error as object) }, undefined, null, 'ERR_CLOSED', {}]) {
      expect(isPluginHostError(other)).toBe(false)
      expect(isPluginHostError(other, 'ERR_CLOSED')).toBe(false)
    }
  })

  test('one that a program makes itself is like any other', () => {
    const cause = new Error('why')
    const error = new PluginHostError('ERR_BUSY', 'too many', { limit: 1 }, { cause })
    expect(isPluginHostError(error, 'ERR_BUSY')).toBe(true)
    expect(error.cause).toBe(cause)
    expect(error.stack).toContain(thisFile)
  })
})

describe('the stack leads to the caller', () => {
  test('of every method that returns a promise', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('out-of-bounds'))
    const { instance } = await new PluginLoader().load(await guest('out-of-bounds'))
    const closed = new PluginRegistry()
    await closed.close()
    async function theCaller(work: () => Promise<unknown>) {
      await work()
    }
    for (const work of [
      () => new PluginLoader().load(Buffer.from('no module')),
      () => new PluginLoader().load(1 as unknown as string),
      () => instance.execute([]),
      () => instance.resume(1, { type: 'sleepComplete' }),
      () => registry.loadPlugin(Buffer.from('no module')),
      () => registry.execute('out-of-bounds'),
      () => registry.execute('absent'),
      () => registry.execute('out-of-bounds', [], { limits: { fuel: -1 } }),
      () => closed.execute('absent'),
      () => closed.unload('absent'),
      () => new PluginScanner().scanDirectory(1 as unknown as string),
    ]) {
      const { stack } = (await rejection(theCaller(work))) as Error
      expect(stack).toContain(thisFile)
      expect(stack).toContain('theCaller')
    }
  })

  test('of every method that does not', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('out-of-bounds'))
    const { instance } = await new PluginLoader().load(await guest('out-of-bounds'))
    function theCaller(work: () => unknown) {
      work()
    }
    for (const work of [
      () => instance.executeSync([]),
      () => registry.executeSync('out-of-bounds'),
      () => registry.executeSync('absent'),
      () => new PluginRegistry({ concurrency: 0 }),
    ]) {
      const { stack } = thrown(() => theCaller(work)) as Error
      expect(stack).toContain(thisFile)
      expect(stack).toContain('theCaller')
    }
  })

  test('also where an unload or a close stopped the call', async () => {
    for (const stop of [
      (registry: PluginRegistry) => registry.unload('forever'),
      (registry: PluginRegistry) => registry.close(),
    ]) {
      const registry = new PluginRegistry()
      await registry.loadPlugin(await guest('forever'))
      async function theCaller() {
        await registry.execute('forever', [], { limits: endless })
      }
      const stopped = rejection(theCaller())
      await meanwhile()
      await stop(registry)
      const { stack } = (await stopped) as Error
      expect(stack).toContain('theCaller')
    }
  })
})

describe('what a plugin says is never taken for more than text', () => {
  test('a message is short, however long what it quotes', async () => {
    const { message } = await fault(
      'ERR_INVALID_MANIFEST',
      new PluginLoader().load(await guest('name-megabyte')),
    )
    expect(message.length).toBeLessThan(1000)
  })

  test.each(['name-nul', 'name-rtl', 'name-zero-width', 'name-parent'])(
    'a message that quotes %s has nothing that steers a terminal',
    async name => {
      const { message } = await fault('ERR_INVALID_MANIFEST', new PluginLoader().load(await guest(name)))
      // Control characters, and what is invisible or turns the direction of writing.
      expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    },
  )

  test("a trap's function names are those of the module, as they are", async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('trap-unreachable'))
    const { details } = await fault('ERR_TRAP', registry.execute('trap-unreachable'))
    expect(details.function).toBe('inner_step')
    expect(details.backtrace.map(frame => frame.function)).toEqual(['inner_step', 'outer_step', undefined])
    for (const { index, offset } of details.backtrace) {
      expect(index).toBeGreaterThan(0)
      expect(offset).toBeGreaterThan(0)
    }
    expect(faultSync('ERR_TRAP', () => registry.executeSync('trap-unreachable')).details.backtrace).toEqual(
      details.backtrace,
    )
  })
})
