import { type EffectResult, type PluginInstance, PluginLoader } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { endless, follow, meanwhile } from './calls.js'
import { anyUsage, fault, faultSync, rejection } from './fault.js'
import { guest } from './guest.js'

describe('a live instance', () => {
  test('keeps its memory from call to call, awaited or not', async () => {
    const instance = await live('counter')
    expect(await output(instance)).toBe('1')
    expect(instance.executeSync([])).toMatchObject({ output: '2' })
    expect(await output(instance)).toBe('3')
  })

  test('shares no memory with another of the same module', async () => {
    const [one, other] = [await live('counter'), await live('counter')]
    expect([await output(one), await output(one), await output(other)]).toEqual(['1', '2', '1'])
  })

  test('answers a hundred calls at once one by one, in the order in which they were made', async () => {
    const instance = await live('counter')
    const outputs = await Promise.all(Array.from({ length: 100 }, () => output(instance)))
    expect(outputs).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)))
  })

  test('answers synchronous calls among awaited ones, one at a time', async () => {
    const instance = await live('counter')
    const awaited = Array.from({ length: 20 }, () => output(instance))
    const outputs = new Set<unknown>()
    for (let call = 0; call < 20; call++) outputs.add((instance.executeSync([]) as { output: string }).output)
    for (const answer of await Promise.all(awaited)) outputs.add(answer)
    expect(outputs).toEqual(new Set(Array.from({ length: 40 }, (_, index) => String(index + 1))))
  })

  test('holds up no other, however many calls wait for their turn', async () => {
    const [busy, other] = [await live('forever'), await live('counter')]
    const abort = new AbortController()
    const options = { limits: endless, signal: abort.signal }
    const calls = Array.from({ length: 50 }, () => rejection(busy.execute([], options)))
    await meanwhile()
    expect(await output(other)).toBe('1')
    abort.abort()
    expect(new Set(await Promise.all(calls))).toEqual(new Set([abort.signal.reason]))
  })

  test('runs its start-up once, however often it is called', async () => {
    const instance = await live('initialize-twice')
    for (let call = 0; call < 5; call++) expect(await output(instance)).toBe('ok')
  })

  test('gives every argument over as it is', async () => {
    const instance = await live('echo')
    const texts = [
      '',
      'ä',
      '日本語',
      '😀',
      '\0',
      'x'.repeat(31),
      'x'.repeat(255),
      'x'.repeat(70_000),
      '--flag',
    ]
    for (const text of texts) {
      expect(await output(instance, [text])).toBe(text)
      expect(instance.executeSync([text, 'more'])).toMatchObject({ output: text })
    }
    expect(await output(instance, [])).toBe('')
  })

  test('is given the arguments as they were when it was called', async () => {
    const args = ['then']
    const answer = output(await live('echo'), args)
    args[0] = 'now'
    expect(await answer).toBe('then')
  })

  test('gives errors of the plugin as values', async () => {
    const instance = await live('error-code-42')
    const answer = { type: 'error', code: 42, message: 'forty-two', usage: anyUsage }
    expect(await instance.execute([])).toEqual(answer)
    expect(instance.executeSync([])).toEqual(answer)
  })
})

describe('a call that was broken off leaves nothing behind: the next begins with fresh memory', () => {
  test('after it ran out of fuel', async () => {
    const instance = await dirtied()
    await fault('ERR_FUEL_EXHAUSTED', instance.execute([], { limits: { fuel: 3 } }))
    expect([await output(instance), await output(instance)]).toEqual(['clean', 'dirty'])
  })

  test('after it was aborted', async () => {
    const { instance } = await new PluginLoader().load(await guest('busy'))
    const abort = new AbortController()
    const call = instance.execute(['18446744073709551615'], { signal: abort.signal, limits: endless })
    const followed = follow(call)
    await meanwhile()
    expect(followed.state()).toBe('pending')
    abort.abort()
    await expect(call).rejects.toBe(abort.signal.reason)
    expect(await output(instance, ['10'])).toBe('ok')
  })

  test('an abort that came before a call had its turn leaves the memory as it is', async () => {
    const instance = await dirtied()
    await expect(instance.execute([], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(await output(instance)).toBe('dirty')
  })
})

test('a call that waits on this thread for another one waits no longer than it may run itself', async () => {
  const { instance } = await new PluginLoader().load(await guest('busy'))
  const abort = new AbortController()
  const call = follow(instance.execute(['18446744073709551615'], { signal: abort.signal, limits: endless }))
  await meanwhile()
  const { details } = faultSync('ERR_DEADLINE_EXCEEDED', () =>
    instance.executeSync(['1'], { limits: { timeoutMs: 20 } }),
  )
  expect(details).toMatchObject({ timeoutMs: 20, usage: { fuelConsumed: 0n } })
  expect(call.state()).toBe('pending')
  abort.abort()
})

describe('a closed instance', () => {
  test('refuses every call', async () => {
    const instance = await live('counter')
    await output(instance)
    instance.close()
    await fault('ERR_CLOSED', instance.execute([]))
    faultSync('ERR_CLOSED', () => instance.executeSync([]))
    await fault('ERR_CLOSED', instance.resume(1, { type: 'sleepComplete' }))
  })

  test('refuses every call also if there was none before', async () => {
    const instance = await live('counter')
    instance.close()
    await fault('ERR_CLOSED', instance.execute([]))
    faultSync('ERR_CLOSED', () => instance.executeSync([]))
  })

  test('has ended the call that ran and those that waited', async () => {
    const instance = await live('forever')
    const calls = Array.from({ length: 3 }, () =>
      fault('ERR_CLOSED', instance.execute([], { limits: endless })),
    )
    await meanwhile()
    instance.close()
    await Promise.all(calls)
  })

  test('can be closed again', async () => {
    const instance = await live('counter')
    instance.close()
    instance.close()
  })

  test('was closed by `using` it', async () => {
    const instance = await live('counter')
    instance[Symbol.dispose]()
    await fault('ERR_CLOSED', instance.execute([]))
  })

  test('leaves the other instances of its module alone', async () => {
    const [one, other] = [await live('counter'), await live('counter')]
    await output(other)
    one.close()
    expect(await output(other)).toBe('2')
  })
})

describe('a wrong argument is refused by name, and no call is made', () => {
  const badArguments = [undefined, null, 'text', {}, [1], ['a', null], ['a', undefined], new Array<string>(1)]
  const badOptions: [name: string, options: unknown][] = [
    ['options', null],
    ['options', 1],
    ['options', []],
    ['signals', { signals: undefined }],
    ['stdin', { stdin: 'text' }],
    ['signal', { signal: null }],
    ['signal', { signal: {} }],
    ['signal', { signal: new AbortController() }],
    ['limits', { limits: null }],
    ['limits', { limits: 1 }],
    ['memory', { limits: { memory: 1 } }],
    ['fuel', { limits: { fuel: -1 } }],
  ]

  test('args', async () => {
    const instance = await live('counter')
    for (const args of badArguments as string[][]) {
      expect((await fault('ERR_INVALID_ARG', instance.execute(args))).details).toEqual({ name: 'args' })
      expect(faultSync('ERR_INVALID_ARG', () => instance.executeSync(args)).details).toEqual({ name: 'args' })
    }
    expect(await output(instance)).toBe('1')
  })

  test.each(badOptions)('%s: %o', async (name, options) => {
    const instance = await live('counter')
    const sleepComplete: EffectResult = { type: 'sleepComplete' }
    for (const call of [
      () => instance.execute([], options as object),
      () => instance.resume(1, sleepComplete, options as object),
      async () => instance.executeSync([], options as object),
    ]) {
      expect((await fault('ERR_INVALID_ARG', call())).details).toEqual({ name })
    }
    expect(await output(instance)).toBe('1')
  })

  test.each([-1, 0.5, 2 ** 32, Number.NaN, '1', 1n, null, undefined])('effectId: %s', async id => {
    const instance = await live('effect-sleep')
    const resuming = instance.resume(id as number, { type: 'sleepComplete' })
    expect((await fault('ERR_INVALID_ARG', resuming)).details).toEqual({ name: 'effectId' })
  })

  test.each([
    ['result', undefined],
    ['result', null],
    ['result', 'sleepComplete'],
    ['type', {}],
    ['type', { type: 'sleep' }],
    ['message', { type: 'error' }],
    ['message', { type: 'error', message: 1 }],
    ['status', { type: 'http', body: '', headers: [] }],
    ['status', { type: 'http', status: '200', body: '', headers: [] }],
    ['status', { type: 'http', status: 65_536, body: '', headers: [] }],
    ['body', { type: 'http', status: 200, headers: [] }],
    ['body', { type: 'http', status: 200, body: new Uint8Array(), headers: [] }],
    ['headers', { type: 'http', status: 200, body: '' }],
    ['headers', { type: 'http', status: 200, body: '', headers: { a: 'b' } }],
    ['headers', { type: 'http', status: 200, body: '', headers: ['ab'] }],
    ['headers', { type: 'http', status: 200, body: '', headers: [['a']] }],
    ['headers', { type: 'http', status: 200, body: '', headers: [['a', 1]] }],
    ['headers', { type: 'http', status: 200, body: '', headers: new Array(1) }],
  ])('%s: %o', async (name, result) => {
    const instance = await live('effect-result')
    const { details } = await fault('ERR_INVALID_ARG', instance.resume(1, result as EffectResult))
    expect(details).toEqual({ name })
  })
})

async function live(name: string): Promise<PluginInstance> {
  return (await new PluginLoader().load(await guest(name))).instance
}

/** An instance in which a first call has left its mark. */
async function dirtied(): Promise<PluginInstance> {
  const instance = await live('dirty')
  expect([await output(instance), await output(instance)]).toEqual(['clean', 'dirty'])
  return instance
}

async function output(instance: PluginInstance, args: string[] = []): Promise<string> {
  const answer = await instance.execute(args)
  if (answer.type !== 'success') throw new Error(`it answered ${answer.type}`)
  return answer.output
}
