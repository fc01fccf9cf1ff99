import { copyFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type LoadedPlugin,
  PermissionPresets,
  PluginHostError,
  PluginLoader,
  PluginRegistry,
  PluginScanner,
  Router,
  type RouterResponse,
} from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { anyUsage, fault, faultSync, rejection } from '../fault.js'
import { answering, guest, plugin, temporaryDirectory } from '../guest.js'

const load = async (name: string) => await new PluginLoader().load(await guest(name))
const example = async (name: string) => await new PluginLoader().load(plugin(name))
const app = () => new Router({ name: 'app', version: '1.2.3' })
const words = (line: string) => ['app', ...line.split(' ').filter(Boolean)]

/** Exit code, code of the error, and output. */
function brief({ exitCode, error, output }: RouterResponse): unknown[] {
  return [exitCode, error?.code, output]
}

describe('a command line', () => {
  test.each([
    ['status', [0, undefined, 'fine']],
    ['nothing', [0, undefined, '']],
    ['parts', [3, undefined, 'three']],
    ['failing', [1, 'ERR_MINE', '']],
    ['greet Ada --style shout', [0, undefined, 'HELLO, ADA!']],
    ['greet -- --help', [0, undefined, 'Hello, --help!']],
    ['db:echo x', [0, undefined, 'x']],
    ['echo x', [2, 'ERR_COMMAND_NOT_FOUND', '']],
    ['-- status', [0, undefined, 'fine']],
    ['error-user', [1, 'ERR_COMMAND_FAILED', '']],
    ['error-code-42', [42, 'ERR_COMMAND_FAILED', '']],
    ['forever', [71, 'ERR_FUEL_EXHAUSTED', '']],
    ['throwing', [70, 'ERR_HANDLER', '']],
    ['wrong-reply', [70, 'ERR_HANDLER', '']],
    ['greet Ada --style quiet', [2, 'ERR_USAGE', '']],
    ['greet --count', [2, 'ERR_USAGE', '']],
    ['greet morning', [2, 'ERR_USAGE', '']],
    ['greet --stile shout', [2, 'ERR_USAGE', '']],
    ['', [2, 'ERR_USAGE', '']],
    ['--', [2, 'ERR_USAGE', '']],
    ['--nosuch', [2, 'ERR_USAGE', '']],
    ['-x', [2, 'ERR_USAGE', '']],
    ['--help=html', [2, 'ERR_USAGE', '']],
    ['statsu', [2, 'ERR_COMMAND_NOT_FOUND', '']],
    ['__proto__', [2, 'ERR_COMMAND_NOT_FOUND', '']],
    ['constructor x', [2, 'ERR_COMMAND_NOT_FOUND', '']],
    ['--version', [0, undefined, 'app 1.2.3\n']],
    ['-V', [0, undefined, 'app 1.2.3\n']],
  ])('%j ends as it should', async (line, expected) => {
    const router = app()
      .route('status', async () => 'fine')
      .route('nothing', () => {})
      .route('parts', () => ({ exitCode: 3, output: 'three' }))
      .route('failing', () => ({ error: { code: 'ERR_MINE', message: 'mine', details: {} } }))
      .route('wrong-reply', () => ({ exitCode: 256 }))
      .route('throwing', () => {
        throw new Error('a defect')
      })
      .plugin(await example('greet'))
      .pluginWithPrefix('db', await load('echo'))
    for (const name of ['error-user', 'error-code-42', 'forever']) router.plugin(await load(name))
    expect(brief(await router.executeWith(words(line)))).toEqual(expected)
  })

  test('gets the words of a plugin to it as they were typed, defaults left to it', async () => {
    const router = app().plugin(await example('greet'))
    const same = new PluginRegistry()
    await same.loadPlugin(plugin('greet'))
    for (const line of [
      '',
      'Ada',
      '-n 2 Ada',
      '--count=2 -s shout Ada',
      'morning Ada',
      '-g -n Ada',
      '-- morning',
    ]) {
      const { output } = await router.executeWith(['app', 'greet', ...words(line).slice(1)])
      expect(await same.execute('greet', words(line).slice(1))).toMatchObject({ output })
    }
  })

  test('says what a plugin used, also where it failed', async () => {
    const router = app()
      .plugin(await load('echo'))
      .plugin(await load('forever'))
    expect((await router.executeWith(['app', 'echo'])).usage).toEqual(anyUsage)
    expect((await router.executeWith(['app', 'forever'])).usage).toEqual(anyUsage)
  })

  test('says whose text the output is', async () => {
    const router = app()
      .plugin(await load('echo'))
      .route('status', () => 'fine')
    expect((await router.executeWith(['app', 'echo', 'x'])).from).toBe('plugin')
    expect((await router.executeWith(['app', 'status'])).from).toBe('program')
    expect((await router.executeWith(['app', 'echo', '--help'])).from).toBe('program')
  })

  test.each([
    ['statsu', ['status']],
    ['gret', ['greet']],
    ['halp', ['help']],
    ['zzz', []],
    ['x'.repeat(2 ** 20), []],
  ])('suggests what may have been meant', async (word, suggestions) => {
    const router = app()
      .route('status', () => '')
      .plugin(await example('greet'))
    const { error } = await router.executeWith(['app', word])
    expect(error?.details).toEqual({ command: word, suggestions })
    expect(error?.message.length).toBeLessThan(200)
  })

  test('that is wrong says how it would be right', async () => {
    const router = app().plugin(await example('greet'))
    const { error } = await router.executeWith(['app', 'greet', '--style', 'shot'])
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      details: { kind: 'invalid-value', argument: 'style', suggestions: ['shout'] },
      usage: 'app greet [OPTIONS] [NAME] [COMMAND]',
      hint: expect.stringContaining('app greet --help'),
    })
  })
})

describe('arguments', () => {
  test('are not checked where a plugin names none', async () => {
    const router = app().plugin(await load('echo'))
    expect(await router.executeWith(['app', 'echo', '--any'])).toMatchObject({ output: '--any' })
    expect((await router.executeWith(['app', 'echo', '--help'])).output).toContain('Usage: app echo\n')
  })

  test.each([
    ['of one plugin', { add: 'passthrough' }],
    ['of all', { all: 'passthrough' }],
    ['of a registry', { registry: 'passthrough' }],
  ] as const)(
    "are all the plugin's where that is asked for: %s",
    async (_, modes: { [key: string]: 'passthrough' }) => {
      const router = new Router({ name: 'app', ...(modes.all && { args: modes.all }) })
      if (modes.registry) {
        const registry = new PluginRegistry()
        await registry.loadPlugin(plugin('greet'))
        router.plugins(registry, { args: modes.registry })
      } else router.plugin(await example('greet'), modes.add && { args: modes.add })
      // Its own error rather than the host's.
      expect(brief(await router.executeWith(words('greet --style quiet')))).toEqual([
        1,
        'ERR_COMMAND_FAILED',
        '',
      ])
      expect(brief(await router.executeWith(words('greet --help')))).toEqual([1, 'ERR_COMMAND_FAILED', ''])
    },
  )

  test("of the program's own commands are given by name", async () => {
    const router = app().route('copy', ({ values, args }) => JSON.stringify({ values, args }), {
      args: [
        { name: 'files', required: true, multiple: true },
        { name: 'force', long: 'force', short: 'f', flag: true },
        { name: 'mode', long: 'mode', defaultValue: 'fast', possibleValues: ['fast', 'safe'] },
      ],
    })
    const { output } = await router.executeWith(words('copy a -f b'))
    expect(JSON.parse(output)).toEqual({
      values: { files: ['a', 'b'], force: true, mode: 'fast' },
      args: ['a', '-f', 'b'],
    })
    expect(await router.executeWith(words('copy a'))).toMatchObject({ exitCode: 0 })
    expect(brief(await router.executeWith(words('copy a --mode slow')))).toEqual([2, 'ERR_USAGE', ''])
    expect(brief(await router.executeWith(words('copy')))).toEqual([2, 'ERR_USAGE', ''])
  })
})

describe('the commands of a registry', () => {
  test('come and go with its plugins', async () => {
    const registry = new PluginRegistry()
    const router = app().plugins(registry).plugins(registry, { prefix: 'x' })
    const missing = [2, 'ERR_COMMAND_NOT_FOUND', '']
    expect(brief(await router.executeWith(words('version')))).toEqual(missing)
    await registry.loadPlugin(await answering('version', 'one'))
    expect(await router.executeWith(words('version'))).toMatchObject({ output: 'one', command: 'version' })
    expect(await router.executeWith(words('x:version'))).toMatchObject({
      output: 'one',
      command: 'x:version',
    })
    expect((await router.executeWith(words('--help'))).output).toMatch(/^ {2}x:version$/m)
    await registry.unload('version')
    expect(brief(await router.executeWith(words('version')))).toEqual(missing)
    expect((await router.executeWith(words('--help'))).output).not.toContain('version\n  x')
  })

  test("are the file's newest after a reload", async () => {
    const path = join(await temporaryDirectory(), 'x.wasm')
    const registry = new PluginRegistry()
    const router = app().plugins(registry)
    await copyFile(plugin('hello'), path)
    await registry.loadPlugin(path)
    expect(await router.executeWith(words('hello Ada'))).toMatchObject({ output: 'Hello, Ada!' })
    await copyFile(plugin('greet'), path)
    await registry.reloadByPath(path)
    expect(await router.executeWith(words('greet Ada'))).toMatchObject({ output: 'Hello, Ada!' })
    expect(brief(await router.executeWith(words('hello Ada')))).toEqual([2, 'ERR_COMMAND_NOT_FOUND', ''])
    await rm(path)
  })

  test("run within the registry's limits, and are refused what it does not grant", async () => {
    const registry = new PluginRegistry({ limits: { fuel: 5000 } })
    for (const name of ['busy', 'capabilities-fs']) await registry.loadPlugin(await guest(name))
    const router = app().plugins(registry)
    expect(brief(await router.executeWith(words('busy 100000')))).toEqual([71, 'ERR_FUEL_EXHAUSTED', ''])
    expect(brief(await router.executeWith(words('capabilities-fs')))).toEqual([
      77,
      'ERR_PERMISSION_DENIED',
      '',
    ])
  })

  test('have effects carried out, by a registry that does so', async () => {
    const [automatic, manual] = [new PluginRegistry(), new PluginRegistry({ effects: 'manual' })]
    for (const registry of [automatic, manual]) await registry.loadPlugin(await guest('effect-sleep'))
    const router = app().plugins(automatic)
    expect(await router.executeWith(words('effect-sleep'))).toMatchObject({
      exitCode: 0,
      usage: { effects: 1 },
    })
    // @ts-expect-error: there is nobody to carry them out.
    const helpless = app().plugins(manual)
    expect(brief(await helpless.executeWith(words('effect-sleep')))).toEqual([70, 'ERR_HANDLER', ''])
    expect(manual.stats().instances.executing).toBe(0)
  })

  test('run with what the registry grants', async () => {
    const registry = new PluginRegistry({ permissions: PermissionPresets.testing() })
    await registry.loadPlugin(await guest('capabilities-fs'))
    expect(await app().plugins(registry).executeWith(words('capabilities-fs'))).toMatchObject({ exitCode: 0 })
    const granted = new Router({ name: 'app', plugins: { permissions: PermissionPresets.testing() } })
    expect(
      await granted.plugin(await load('capabilities-fs')).executeWith(words('capabilities-fs')),
    ).toMatchObject({
      exitCode: 0,
    })
  })

  test('of a registry that was closed end with its code', async () => {
    const registry = new PluginRegistry()
    await registry.loadPlugin(await guest('echo'))
    const router = app()
      .plugins(registry)
      .use(async (_, next) => {
        await registry.close()
        return await next()
      })
    expect(brief(await router.executeWith(words('echo')))).toEqual([83, 'ERR_CLOSED', ''])
  })
})

describe('a name has one owner:', () => {
  test('the program before plugins, in whatever order they are added', async () => {
    const hello = await example('hello')
    const registry = new PluginRegistry()
    await registry.register(hello)
    for (const router of [
      app()
        .plugin(hello)
        .route('hello', () => 'own'),
      app()
        .route('hello', () => 'own')
        .plugin(hello),
      app()
        .route('hello', () => 'own')
        .plugins(registry),
    ]) {
      expect(await router.executeWith(words('hello'))).toMatchObject({ output: 'own' })
    }
  })

  test("help is the program's, unless it has such a command itself", async () => {
    const impostor = await new PluginLoader().load(await answering('help', 'forged'))
    const router = app().plugin(impostor)
    expect((await router.executeWith(words('help'))).output).toContain('Usage: app')
    router.route('help', () => 'mine')
    expect(await router.executeWith(words('help'))).toMatchObject({ output: 'mine' })
  })

  test('plugins of one name are refused when the second is added', async () => {
    const [one, two] = [await example('hello'), await load('echo')]
    const registry = new PluginRegistry()
    await registry.register(one)
    const conflicts: [string, () => unknown][] = [
      ['hello', () => app().plugin(one).plugin(one)],
      ['db:hello', () => app().pluginWithPrefix('db', one).pluginWithPrefix('db', one)],
      ['hello', () => app().plugin(one).plugins(registry)],
      ['hello', () => app().plugins(registry).plugin(one)],
      ['x:hello', () => app().plugins(registry, { prefix: 'x' }).plugins(registry, { prefix: 'x' })],
      [
        'a',
        () =>
          app()
            .route('a', () => '')
            .route('a', () => ''),
      ],
      [
        'a',
        () =>
          app()
            .route('a', () => '')
            .nest('a', app()),
      ],
    ]
    for (const [command, add] of conflicts)
      expect(faultSync('ERR_COMMAND_CONFLICT', add).details.command).toBe(command)
    const router = app().plugin(one).pluginWithPrefix('db', one).pluginWithPrefix('', two)
    expect(await router.executeWith(words('db:hello Ada'))).toMatchObject({ output: 'Hello, Ada!' })
  })

  test('what comes into a registry later takes no name from a plugin that is there', async () => {
    const registry = new PluginRegistry()
    const router = app()
      .plugins(registry)
      .plugin(await example('hello'))
    await registry.loadPlugin(await answering('hello', 'later'))
    expect(await router.executeWith(words('hello Ada'))).toMatchObject({ output: 'Hello, Ada!' })
  })
})

describe('a router in another', () => {
  const nested = () => {
    const migrate = new Router({ name: 'migrate' }).route('up', ({ args }) => `up ${args.join()}`)
    const db = new Router({ name: 'db', version: '9' }).nest('migrate', migrate).route('dump', () => 'dump')
    return app().nest('db', db)
  }

  test.each([
    ['db dump', [0, undefined, 'dump']],
    ['db migrate up 2 3', [0, undefined, 'up 2,3']],
    ['db', [2, 'ERR_USAGE', '']],
    ['db dmup', [2, 'ERR_COMMAND_NOT_FOUND', '']],
    ['db migrate', [2, 'ERR_USAGE', '']],
    ['db --version', [2, 'ERR_USAGE', '']],
    ['dump', [2, 'ERR_COMMAND_NOT_FOUND', '']],
  ])('%j', async (line, expected) => {
    expect(brief(await nested().executeWith(words(line)))).toEqual(expected)
  })

  test('says where it is', async () => {
    const { error, command } = await nested().executeWith(words('db migrate nosuch'))
    expect(error).toMatchObject({ hint: expect.stringContaining('app db migrate --help') })
    expect(command).toBeUndefined()
    expect((await nested().executeWith(words('db migrate up'))).command).toBe('db migrate up')
  })

  test('is not one that contains it', () => {
    const [outer, inner] = [app(), app()]
    outer.nest('inner', inner)
    for (const add of [() => inner.nest('outer', outer), () => outer.nest('self', outer)])
      expect(faultSync('ERR_INVALID_ARG', add).details.name).toBe('router')
  })
})

/** What nobody can look at. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const circle: { self?: object } = {}
circle.self = circle
const unreadable = {
  get message() {
    throw new Error('not this one')
  },
}

describe('whatever a handler does is a response, also for agents:', () => {
  const throwing = (value: unknown) => () => {
    throw value
  }
  const error = { code: 'ERR_MINE', message: 'mine' }

  test.each<[what: string, handler: () => unknown, code: string, details?: object]>([
    ['throws undefined', throwing(undefined), 'ERR_HANDLER'],
    ['throws an object without a prototype', throwing(Object.create(null)), 'ERR_HANDLER'],
    ['throws a symbol', throwing(Symbol('s')), 'ERR_HANDLER'],
    ['throws a revoked proxy', throwing(revoked()), 'ERR_HANDLER'],
    [
      'throws an error without a text',
      throwing(Object.assign(Object.create(Error.prototype), { message: circle })),
      'ERR_HANDLER',
    ],
    [
      'throws an error that cannot be read',
      throwing(Object.create(Error.prototype, Object.getOwnPropertyDescriptors(unreadable))),
      'ERR_HANDLER',
    ],
    [
      'throws a fault that cannot be read',
      throwing(Object.create(PluginHostError.prototype, { code: { get: throwing(1) } })),
      'ERR_HANDLER',
    ],
    [
      'throws a fault without details',
      throwing(new PluginHostError('ERR_TRAP', 'x', undefined as never)),
      'ERR_HANDLER',
    ],
    ['answers with a revoked proxy', revoked, 'ERR_HANDLER'],
    ['answers with an error that is a text', () => ({ error: 'boom' }), 'ERR_HANDLER'],
    ['answers with an error without a message', () => ({ error: { code: 'ERR_MINE' } }), 'ERR_HANDLER'],
    ['answers with a code that is a number', () => ({ error: { code: 5, message: 'mine' } }), 'ERR_HANDLER'],
    ['answers with a hint that is a number', () => ({ error: { ...error, hint: 5 } }), 'ERR_HANDLER'],
    ['answers with details that are none', () => ({ error: { ...error, details: 5 } }), 'ERR_HANDLER'],
    ['answers with an output that is a number', () => ({ output: 5 }), 'ERR_HANDLER'],
    ['answers with a stdout that is a number', () => ({ stdout: 5 }), 'ERR_HANDLER'],
    ['answers with a stderr that is an object', () => ({ stderr: {} }), 'ERR_HANDLER'],
    ['answers with a command that is a number', () => ({ command: 5 }), 'ERR_HANDLER'],
    ['answers in the name of nobody', () => ({ from: 'nobody' }), 'ERR_HANDLER'],
    ['answers with a usage that is a number', () => ({ usage: 5 }), 'ERR_HANDLER'],
    ['answers without details', () => ({ error }), 'ERR_MINE', {}],
    [
      'answers with a circle',
      () => ({ error: { ...error, details: circle } }),
      'ERR_MINE',
      { self: '[repeated]' },
    ],
    ['answers with a bigint', () => ({ error: { ...error, details: { n: 10n } } }), 'ERR_MINE', { n: 10 }],
    [
      'answers with what cannot be read',
      () => ({ error: { ...error, details: { unreadable, revoked: revoked(), x: 1 } } }),
      'ERR_MINE',
      { unreadable: { message: '[unreadable]' }, revoked: '[unreadable]', x: 1 },
    ],
    [
      'answers with a fault that it caught',
      () => ({ error: new PluginHostError('ERR_BUSY', 'busy', { limit: 1 }) }),
      'ERR_BUSY',
      { limit: 1 },
    ],
  ])('%s', async (_, handler, code, details = expect.anything()) => {
    const router = app().route('x', handler as () => string)
    const { error, exitCode } = await router.executeWith(words('x'))
    expect({ code: error?.code, message: typeof error?.message }).toEqual({ code, message: 'string' })
    const document = JSON.parse((await router.executeWith(words('--agent x'))).output)
    expect(document).toMatchObject({ ok: false, exitCode, error: { code, details } })
  })
})

describe('middleware', () => {
  test('runs around commands of the program and plugins, outermost first', async () => {
    const calls: string[] = []
    const inner = new Router({ name: 'in' })
      .use(async ({ command }, next) => {
        calls.push(`inner ${command}`)
        return await next()
      })
      .route('own', () => 'own')
    const router = app()
      .use(async ({ command }, next) => {
        calls.push(`outer ${command}`)
        const response = await next()
        calls.push(`then ${response.output}`)
        return { ...response, output: `<${response.output}>` }
      })
      .plugin(await load('echo'))
      .nest('in', inner)
    expect((await router.executeWith(words('echo x'))).output).toBe('<x>')
    expect((await router.executeWith(words('in own'))).output).toBe('<own>')
    expect(calls).toEqual(['outer echo', 'then x', 'outer in own', 'inner in own', 'then own'])
  })

  test('sees faults as responses, may try again, and may answer itself', async () => {
    let attempts = 0
    const router = app()
      .use(async ({ command }, next) => {
        if (command === 'secret') return { exitCode: 77, output: 'no' }
        const first = await next()
        return first.error === undefined ? first : await next()
      })
      .route('flaky', () => {
        attempts += 1
        if (attempts === 1) throw new Error('once')
        return 'well'
      })
      .route('secret', () => 'the secret')
    expect(await router.executeWith(words('flaky'))).toMatchObject({ exitCode: 0, output: 'well' })
    expect(brief(await router.executeWith(words('secret')))).toEqual([77, undefined, 'no'])
  })

  test("answers with a plugin's text around a plugin, unless it says whose it is", async () => {
    const text = async (from?: 'program') => {
      const router = app()
        .use(async (_, next) => {
          const { output } = await next()
          return from === undefined ? output : { output, from }
        })
        .use(async (_, next) => (await next()).output)
        .route('own', () => 'own')
        .route('passed', () => ({ output: 'passed', from: 'plugin' }))
        .plugin(await load('echo'))
      const responses = ['own', 'passed', 'echo x'].map(line => router.executeWith(words(line)))
      return (await Promise.all(responses)).map(response => response.from)
    }
    expect(await text()).toEqual(['program', 'plugin', 'plugin'])
    expect(await text('program')).toEqual(['program', 'program', 'program'])
  })

  test('that answers itself around a plugin may have kept what it said', async () => {
    const router = app()
      .use(() => 'kept')
      .plugin(await load('echo'))
    expect(await router.executeWith(words('echo x'))).toMatchObject({ output: 'kept', from: 'plugin' })
  })

  test('that throws is a response, and its error is there', async () => {
    const defect = new Error('a defect')
    const router = app()
      .route('x', () => 'x')
      .use(() => Promise.reject(defect))
    const { exitCode, error } = await router.executeWith(words('x'))
    expect({ exitCode, code: error?.code, cause: error?.cause }).toEqual({
      exitCode: 70,
      code: 'ERR_HANDLER',
      cause: defect,
    })
  })

  test.each(['--help', 'x --help', 'help x', 'nosuch', 'x --wrong'])('does not run for %j', async line => {
    let ran = false
    const router = app()
      .route('x', () => 'x', { args: [{ name: 'a' }] })
      .use((_, next) => {
        ran = true
        return next()
      })
    await router.executeWith(words(line))
    expect(ran).toBe(false)
  })
})

describe('state', () => {
  test('is given to handlers and middleware that were added before and after', async () => {
    const router = new Router<{ n: number }>({ name: 'app' })
      .route('before', ({ state }) => String(state.n))
      .withState({ n: 1, more: 'm' })
      .route('after', ({ state }) => state.more)
      .use(({ state }, next) => {
        state.n += 1
        return next()
      })
    expect((await router.executeWith(words('before'))).output).toBe('2')
    expect((await router.executeWith(words('after'))).output).toBe('m')
  })

  test('is that of the router around, unless a nested one has its own', async () => {
    const without = new Router<string>({ name: 'a' }).route('get', ({ state }) => state)
    const withOwn = new Router({ name: 'b' }).withState('inner').route('get', ({ state }) => state)
    const router = app().withState('outer').nest('a', without).nest('b', withOwn)
    expect((await router.executeWith(words('a get'))).output).toBe('outer')
    expect((await router.executeWith(words('b get'))).output).toBe('inner')
  })
})

describe('an abort', () => {
  test('rejects with its reason, whether a plugin runs or a handler', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const registry = new PluginRegistry({ limits: { fuel: 2n ** 63n, timeoutMs: 20_000 } })
    await registry.loadPlugin(await guest('forever'))
    const router = app()
      .plugins(registry)
      .route('wait', ({ signal }) => {
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      })
      .use(async (_, next) => await next())
    const running = ['forever', 'wait'].map(line =>
      rejection(router.executeWith(words(line), { signal: controller.signal })),
    )
    controller.abort(reason)
    expect(await Promise.all(running)).toEqual([reason, reason])
    expect(await rejection(router.executeWith(words('wait'), { signal: controller.signal }))).toBe(reason)
  })
})

test('a plugin that is added by itself has the limits that the router says', async () => {
  const router = new Router({ name: 'app', plugins: { limits: { fuel: 5000 } } }).plugin(await load('busy'))
  expect(brief(await router.executeWith(words('busy 100000')))).toEqual([71, 'ERR_FUEL_EXHAUSTED', ''])
})

test('several plugins are added at once, as a scan gives them', async () => {
  const { plugins } = await new PluginScanner().scanDirectory(dirname(plugin('hello')))
  const router = app().plugins(plugins).plugins(plugins, { prefix: 'x' })
  expect((await router.executeWith(words('hello Ada'))).output).toBe('Hello, Ada!')
  expect((await router.executeWith(words('x:hello Ada'))).output).toBe('Hello, Ada!')
  expect(faultSync('ERR_COMMAND_CONFLICT', () => router.plugins(plugins)).details.command).toBe(
    plugins[0]?.manifest.command.name,
  )
})

test('each execution of a plugin is pristine', async () => {
  const router = app().plugin(await load('counter'))
  const outputs = await Promise.all([1, 2, 3].map(() => router.executeWith(words('counter'))))
  expect(new Set(outputs.map(({ output }) => output)).size).toBe(1)
})

describe('wrong arguments are refused, naming them:', () => {
  const plugin = {} as LoadedPlugin
  test.each<[string, () => unknown]>([
    ['options', () => new Router(1 as never)],
    ['name', () => new Router({} as never)],
    ['agnet', () => new Router({ name: 'app', agnet: true } as never)],
    ['fule', () => app().plugin(plugin, { fule: 1 } as never)],
    ['plugin', () => app().plugin(plugin)],
    ['name', () => app().route('two words', () => '')],
    ['name', () => app().route('--x', () => '')],
    ['name', () => app().nest('', app())],
    ['handler', () => app().route('x', 'y' as never)],
    ['middleware', () => app().use(1 as never)],
    ['prefix', () => app().pluginWithPrefix('a b', plugin)],
    ['source', () => app().plugins({} as never)],
    ['plugin', () => app().plugins([plugin])],
    ['router', () => app().nest('x', {} as never)],
    ['short', () => app().route('x', () => '', { args: [{ name: 'a', short: 'ab' }] })],
    ['long', () => app().route('x', () => '', { args: [{ name: 'a', long: '' }] })],
    ['flag', () => app().route('x', () => '', { args: [{ name: 'a', flag: 'yes' as never }] })],
    [
      'possibleValues',
      () => app().route('x', () => '', { args: [{ name: 'a', possibleValues: [1] as never }] }),
    ],
    ['args', () => app().route('x', () => '', { args: {} as never })],
  ])('%s', (name, call) => {
    expect(faultSync('ERR_INVALID_ARG', call).details.name).toBe(name)
  })

  test.each<[string, Parameters<Router['executeWith']>]>([
    ['args', ['app' as never]],
    ['args', [['app', 1 as never]]],
    ['colour', [['app'], { colour: true } as never]],
    ['width', [['app'], { width: 0 }]],
    ['signal', [['app'], { signal: {} as never }]],
  ])('%s of a call', async (name, call) => {
    expect((await fault('ERR_INVALID_ARG', app().executeWith(...call))).details.name).toBe(name)
  })
})
