import { Ajv2020 } from 'ajv/dist/2020.js'
import { PluginLoader, PluginRegistry, Router } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { guest, plugin } from '../guest.js'

const words = (line: string) => ['app', ...line.split(' ').filter(Boolean)]
const anyUsage = {
  fuelConsumed: expect.any(Number),
  durationMs: expect.any(Number),
  peakMemoryBytes: expect.any(Number),
  effects: expect.any(Number),
}

async function app(): Promise<Router> {
  const registry = new PluginRegistry()
  await registry.loadPlugin(plugin('greet'))
  for (const name of ['echo', 'error-user', 'forever', 'escape-output'])
    await registry.loadPlugin(await guest(name))
  return new Router({ name: 'app', version: '1.2.3' })
    .route('status', () => 'fine')
    .route('throwing', () => {
      throw new Error('a defect', { cause: 'secret' })
    })
    .nest(
      'db',
      new Router({ name: 'db' }).route('dump', () => 'dumped', { args: [{ name: 'table', required: true }] }),
    )
    .plugins(registry)
}

/** The one document that the output is. */
async function answer(line: string) {
  const { output, exitCode } = await (await app()).executeWith(words(line))
  expect(output.endsWith('}\n') && output.indexOf('\n') === output.length - 1).toBe(true)
  const document = JSON.parse(output)
  expect(document.exitCode).toBe(exitCode)
  return document
}

describe('agents get one document for', () => {
  test.each([
    ['a plugin', '--agent echo x', { ok: true, exitCode: 0, command: 'echo', output: 'x', usage: anyUsage }],
    [
      'the flag in between',
      'echo --agent x',
      { ok: true, exitCode: 0, command: 'echo', output: 'x', usage: anyUsage },
    ],
    [
      'the flag at the end',
      'db dump t --agent',
      { ok: true, exitCode: 0, command: 'db dump', output: 'dumped' },
    ],
    ['the version', '--version --agent', { ok: true, exitCode: 0, output: 'app 1.2.3\n' }],
  ])('a success: %s', async (_, line, document) => {
    expect(await answer(line)).toEqual(document)
  })

  test.each([
    ['error-user', 1, 'ERR_COMMAND_FAILED', { code: 1 }],
    ['forever', 71, 'ERR_FUEL_EXHAUSTED', { limit: 10_000_000, usage: anyUsage }],
    ['throwing', 70, 'ERR_HANDLER', {}],
    ['statsu', 2, 'ERR_COMMAND_NOT_FOUND', { command: 'statsu', suggestions: ['status'] }],
    ['greet --style quiet', 2, 'ERR_USAGE', { kind: 'invalid-value', argument: 'style', suggestions: [] }],
    ['db dump', 2, 'ERR_USAGE', { kind: 'missing-argument', argument: 'table', suggestions: [] }],
    ['--wrong', 2, 'ERR_USAGE', { kind: 'unknown-option', argument: '--wrong', suggestions: [] }],
    ['--help=xml', 2, 'ERR_USAGE', { kind: 'invalid-value', argument: 'help', suggestions: [] }],
    ['greet --help=xml', 2, 'ERR_USAGE', { kind: 'invalid-value', argument: 'help', suggestions: [] }],
    ['-x', 2, 'ERR_USAGE', { kind: 'unknown-option', argument: '-x', suggestions: [] }],
    [
      'greet --style shuot',
      2,
      'ERR_USAGE',
      { kind: 'invalid-value', argument: 'style', suggestions: ['shout'] },
    ],
    ['', 2, 'ERR_USAGE', { kind: 'missing-argument', argument: 'COMMAND', suggestions: [] }],
    ['help nosuch', 2, 'ERR_COMMAND_NOT_FOUND', { command: 'nosuch', suggestions: [] }],
  ])('a failure: %j', async (line, exitCode, code, details) => {
    const { error, ...document } = await answer(`--agent ${line}`)
    expect(document).toMatchObject({ ok: false, exitCode })
    expect(error).toMatchObject({ code, details, message: expect.any(String) })
    expect(error).not.toHaveProperty('cause')
  })

  test('text that would write to a terminal, which it cannot there', async () => {
    const { output } = await (await app()).executeWith(words('--agent escape-output'))
    expect(output).not.toContain('\x1b')
    expect(JSON.parse(output).output).toContain('\x1b')
  })

  test('help: all commands, as a JSON Schema that is one', async () => {
    const { help } = await answer('--help --agent')
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true }).addSchema(help, 'app')
    expect(Object.keys(help.$defs).sort()).toEqual(
      ['db', 'echo', 'error-user', 'escape-output', 'forever', 'greet', 'status', 'throwing'].sort(),
    )
    const dump = ajv.getSchema('app#/$defs/db/$defs/dump')
    expect(dump?.({ table: 'users' })).toBe(true)
    expect(dump?.({})).toBe(false)
    const greet = ajv.getSchema('app#/$defs/greet')
    expect(greet?.({ style: 'quiet' })).toBe(false)
    expect(help.$defs.greet.$defs.morning.title).toBe('app greet morning')
    // What the router itself understands is no parameter.
    expect(help.properties).toEqual({})
  })

  test('help, in whatever format it is asked for', async () => {
    expect(await answer('--agent --help=markdown')).toEqual(await answer('--agent --help'))
  })

  test('help of one command', async () => {
    for (const line of ['--agent greet --help', '--agent help greet'])
      expect((await answer(line)).help).toMatchObject({ title: 'app greet', required: [] })
  })
})

test('the flag after -- is a word like others, and so it is where a program has no agent mode', async () => {
  const echo = await new PluginLoader().load(await guest('echo'))
  const router = new Router({ name: 'app' }).plugin(echo)
  expect(await router.executeWith(['app', 'echo', '--', '--agent'])).toMatchObject({ output: '--' })
  const without = new Router({ name: 'app', agent: false }).plugin(echo)
  expect(await without.executeWith(['app', 'echo', '--agent'])).toMatchObject({ output: '--agent' })
  expect((await without.executeWith(['app', '--help'])).output).not.toContain('--agent')
})

test('fuel is a text where it is too much for a number', async () => {
  const router = new Router({ name: 'app' }).route('much', () => ({
    usage: { fuelConsumed: 2n ** 60n, durationMs: 1, peakMemoryBytes: 0, effects: 0 },
  }))
  const { output } = await router.executeWith(['app', 'much', '--agent'])
  expect(JSON.parse(output).usage.fuelConsumed).toBe('1152921504606846976')
})
