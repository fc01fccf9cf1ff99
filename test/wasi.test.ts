import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { queryObjects } from 'node:v8'
import {
  type Capabilities,
  PermissionPresets,
  type PermissionPrompt,
  PluginRegistry,
  type PluginRegistryOptions,
  StrictPermissionStrategy,
} from 'sen-plugin-host'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { guest, guestFile } from './guest.js'
import { internal } from './internal.js'
import { runProgram } from './system.js'

const example = (name: string) =>
  fileURLToPath(new URL(`../examples/plugins/build/${name}.wasm`, import.meta.url))

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sen-wasi-'))
  await mkdir(join(directory, 'data'))
  await mkdir(join(directory, 'out'))
  await writeFile(join(directory, 'data/file'), 'text')
})
afterEach(() => rm(directory, { recursive: true }))

async function having(command: string, options: PluginRegistryOptions = {}): Promise<PluginRegistry> {
  const registry = new PluginRegistry({
    permissions: PermissionPresets.testing(),
    ...options,
    wasi: { workingDirectory: directory, ...options.wasi },
  })
  await registry.loadPlugin(example(command))
  return registry
}

describe('files', () => {
  test('what was granted is there, in calls that wait and in those that do not', async () => {
    const registry = await having('cat')
    for (const answer of [
      await registry.execute('cat', ['/data/file']),
      registry.executeSync('cat', ['/data/file']),
      await registry.execute('cat', ['/data/file']),
    ]) {
      expect(answer).toMatchObject({ type: 'success', output: 'text' })
    }
    await registry.close()
  })

  test('without permissions, the plugin is refused', async () => {
    const registry = await having('cat', { permissions: undefined as never })
    const denied = {
      code: 'ERR_PERMISSION_DENIED',
      details: expect.objectContaining({ command: 'cat', reason: 'unconfigured' }),
    }
    await expect(registry.execute('cat', ['/data/file'])).rejects.toMatchObject(denied)
    expect(() => registry.executeSync('cat', ['/data/file'])).toThrow(expect.objectContaining(denied))
    await registry.close()
  })

  test('a directory that was not there is found once it is, and stays what it is from then on', async () => {
    await rename(join(directory, 'data'), join(directory, 'elsewhere'))
    const registry = await having('cat')
    const read = async () => (await registry.execute('cat', ['/data/file'])).type
    expect(await read()).toBe('error')
    await rename(join(directory, 'elsewhere'), join(directory, 'data'))
    expect(await read()).toBe('success')
    // Another one in its place is not what was granted.
    await rename(join(directory, 'data'), join(directory, 'elsewhere'))
    await mkdir(join(directory, 'data'))
    expect(await read()).toBe('success')
    expect(registry.executeSync('cat', ['/data/file']).type).toBe('success')
    await registry.close()
  })

  test('what is swapped while somebody is asked is not what is granted', async () => {
    const prompt: PermissionPrompt = {
      async ask({ capabilities }) {
        await rename(join(directory, 'data'), join(directory, 'moved'))
        await mkdir(join(directory, 'data'))
        await writeFile(join(directory, 'data/file'), 'swapped')
        return { type: 'grant', capabilities, duration: 'session' }
      },
    }
    const registry = await having('cat', { permissions: { ...PermissionPresets.strict('sen-test'), prompt } })
    expect(await registry.execute('cat', ['/data/file'])).toMatchObject({ type: 'success', output: 'text' })
    await registry.close()
  })

  test('a directory that is a link to what is on the deny list is refused', async () => {
    await rename(join(directory, 'data'), join(directory, 'secret'))
    await symlink('secret', join(directory, 'data'))
    const denying = (pattern: string) => ({
      ...PermissionPresets.testing(),
      deny: { fsRead: [{ pattern: join(directory, pattern), recursive: true }] },
    })
    const denied = { code: 'ERR_PERMISSION_DENIED', details: expect.objectContaining({ reason: 'denied' }) }
    for (const pattern of ['secret', 'secret/file', '.', 'data']) {
      const registry = await having('cat', { permissions: denying(pattern) })
      await expect(registry.execute('cat', ['/data/file'])).rejects.toMatchObject(denied)
      expect(() => registry.executeSync('cat', ['/data/file'])).toThrow(expect.objectContaining(denied))
      await registry.close()
    }
    const registry = await having('cat', { permissions: denying('elsewhere') })
    expect(await registry.execute('cat', ['/data/file'])).toMatchObject({ output: 'text' })
    await registry.close()
  })

  test('relative paths lead where the program is when they are decided about', async () => {
    const elsewhere = join(directory, 'elsewhere')
    await mkdir(join(elsewhere, 'data'), { recursive: true })
    await writeFile(join(elsewhere, 'data/file'), 'elsewhere')
    expect(await runProgram('wasi-moving.mjs', [directory, elsewhere, example('cat')])).toMatchObject({
      code: 0,
      stdout: 'text elsewhere elsewhere text text\n',
    })
  })

  test('what is swapped while somebody is asked is not what another call found in its place', async () => {
    let questions = 0
    const prompt: PermissionPrompt = {
      async ask({ capabilities }) {
        questions += 1
        if (questions === 1) {
          await rename(join(directory, 'data'), join(directory, 'moved'))
          await mkdir(join(directory, 'data'))
          await writeFile(join(directory, 'data/file'), 'swapped')
        }
        await second
        return { type: 'grant', capabilities, duration: 'session' }
      },
    }
    const permissions = { ...PermissionPresets.testing(), strategy: new StrictPermissionStrategy(), prompt }
    // The one thread is busy with others between the two calls.
    const registry = await having('cat', { permissions, concurrency: 1 })
    await registry.loadPlugin(await guest('forever'))
    const limits = { fuel: 2n ** 60n, timeoutMs: 500 }
    const first = registry.execute('cat', ['/data/file'])
    const busy = [1, 2].map(() => registry.execute('forever', [], { limits }).catch(() => {}))
    const second = Promise.all(busy)
    const answers = await Promise.all([first, registry.execute('cat', ['/data/file'])])
    for (const answer of answers) expect(answer).toMatchObject({ type: 'success', output: 'text' })
    await registry.close()
  })

  test('what is swapped while somebody is asked is not what is granted, whatever else could not be opened', async () => {
    await rm(join(directory, 'out'), { recursive: true })
    await writeFile(join(directory, 'out'), 'a file')
    const prompt: PermissionPrompt = {
      async ask({ capabilities }) {
        await rename(join(directory, 'data'), join(directory, 'moved'))
        await mkdir(join(directory, 'data'))
        await writeFile(join(directory, 'data/file'), 'swapped')
        return { type: 'grant', capabilities: { ...capabilities, fsWrite: [] }, duration: 'session' }
      },
    }
    const permissions = { ...PermissionPresets.testing(), strategy: new StrictPermissionStrategy(), prompt }
    const registry = new PluginRegistry({ permissions, wasi: { workingDirectory: directory } })
    await registry.loadPlugin(await guest('wasi-read-and-write'))
    const answer = await registry.execute('wasi-read-and-write')
    expect(answer).toMatchObject({ type: 'success', output: 'text' })
    await registry.close()
  })

  test('what relative paths mean is decided about where they lead, and nowhere else', async () => {
    const asked: string[] = []
    const prompt: PermissionPrompt = {
      async ask({ capabilities, workingDirectory }) {
        asked.push(workingDirectory)
        return { type: 'grant', capabilities, duration: 'session' }
      },
    }
    const permissions = { ...PermissionPresets.testing(), strategy: new StrictPermissionStrategy(), prompt }
    const registry = await having('cat', { permissions })
    expect(await registry.execute('cat', ['/data/file'])).toMatchObject({ type: 'success' })
    expect(asked).toEqual([directory])
    await registry.close()
    const deny = { fsRead: [{ pattern: join(directory, 'data'), recursive: true }] }
    const denying = await having('cat', { permissions: { ...PermissionPresets.testing(), deny } })
    await expect(denying.execute('cat', ['/data/file'])).rejects.toMatchObject({
      code: 'ERR_PERMISSION_DENIED',
      details: { reason: 'denied' },
    })
    await denying.close()
  })

  test('a program that goes to another directory has plugins find what is there', async () => {
    const before = process.cwd()
    const registry = await having('cat', { wasi: { workingDirectory: undefined as never } })
    await mkdir(join(directory, 'other/data'), { recursive: true })
    await writeFile(join(directory, 'other/data/file'), 'other')
    const read = () => registry.execute('cat', ['/data/file'])
    try {
      process.chdir(join(directory, 'other'))
      expect(await read()).toMatchObject({ output: 'other' })
      process.chdir(directory)
      expect(await read()).toMatchObject({ output: 'text' })
      process.chdir(join(directory, 'other'))
      expect(registry.executeSync('cat', ['/data/file'])).toMatchObject({ output: 'other' })
    } finally {
      process.chdir(before)
    }
    await registry.close()
  })

  test.runIf(process.platform === 'linux')('guests leave the program descriptors of its own', async () => {
    const module = await guestFile(directory, 'wasi-open-many')
    const ended = await runProgram('open-many.mjs', [directory, module], {
      within: ['prlimit', '--nofile=400', '--'],
    })
    // A quarter of 400; NFILE.
    expect(ended).toMatchObject({ code: 0, stdout: '100 were open, then 41' })
  })

  test('a file where a directory was asked for is the error of the system, with its path', async () => {
    await rm(join(directory, 'data'), { recursive: true })
    await writeFile(join(directory, 'data'), '')
    const registry = await having('cat')
    const expected = { code: 'ENOTDIR', path: join(directory, 'data'), syscall: 'open' }
    await expect(registry.execute('cat', ['/data/file'])).rejects.toMatchObject(expected)
    expect(() => registry.executeSync('cat', ['/data/file'])).toThrow(expect.objectContaining(expected))
    await registry.close()
  })

  test.runIf(process.platform === 'linux')('descriptors are given back', async () => {
    const open = async () => (await readdir('/proc/self/fd')).length
    const registry = await having('cat')
    await registry.execute('cat', ['/data/file'])
    const before = await open()
    for (let round = 0; round < 200; round += 1) {
      await registry.execute('cat', ['/data/file'])
      registry.executeSync('cat', ['/data/file'])
    }
    expect(await open()).toBeLessThanOrEqual(before)
    // One that is not there is tried again each time.
    await rename(join(directory, 'data'), join(directory, 'elsewhere'))
    const other = await having('cat')
    for (let round = 0; round < 200; round += 1) await other.execute('cat', ['/data/file'])
    expect(await open()).toBeLessThanOrEqual(before + 3)
    await registry.close()
    await other.close()
    expect(await open()).toBeLessThanOrEqual(before)
  })
})

describe('environment', () => {
  const env = { LANG: 'C', GREETING_A: 'a', GREETING: 'not asked for', SECRET: 'no', NOTHING: undefined }

  test('is what was granted of what the program gives', async () => {
    const registry = await having('env', { wasi: { env } })
    const answer = await registry.execute('env')
    expect(answer).toMatchObject({ type: 'success', output: 'GREETING_A=a\nLANG=C' })
    await registry.close()
  })

  test('is reduced where less was granted', async () => {
    const granted: Capabilities = {
      fsRead: [],
      fsWrite: [],
      envRead: ['LANG'],
      net: [],
      stdio: { stdin: false, stdout: false, stderr: false },
    }
    const prompt: PermissionPrompt = {
      ask: async () => ({ type: 'grant', capabilities: granted, duration: 'session' }),
    }
    const permissions = { ...PermissionPresets.strict('sen-test'), prompt }
    const registry = await having('env', { wasi: { env }, permissions })
    expect(await registry.execute('env')).toMatchObject({ type: 'success', output: 'LANG=C' })
    await registry.close()
  })
})

describe('what a prompt of a program’s own grants', () => {
  const prompting = async (capabilities: unknown) => {
    const prompt = {
      ask: async () => ({ type: 'grant', capabilities, duration: 'session' }),
    } as PermissionPrompt
    const permissions = { ...PermissionPresets.testing(), strategy: new StrictPermissionStrategy(), prompt }
    return await having('env', { permissions, wasi: { env: { LANG: 'C', GREETING_A: 'a' } } })
  }

  test('may leave out what it does not grant', async () => {
    const registry = await prompting({ envRead: ['LANG'] })
    expect(await registry.execute('env')).toMatchObject({ type: 'success', output: 'LANG=C' })
    await registry.close()
  })

  test('is refused where it is no capability', async () => {
    const registry = await prompting({ envRead: 'LANG' })
    await expect(registry.execute('env')).rejects.toMatchObject({
      code: 'ERR_PERMISSION_DENIED',
      details: { reason: 'failed' },
    })
    await registry.close()
  })
})

describe('standard streams', () => {
  test('are captured, and standard input is what the call gives', async () => {
    const registry = await having('tee')
    const streams = { type: 'success', stdout: 'über', stderr: '5 bytes\n' }
    expect(await registry.execute('tee', ['file'], { stdin: 'über' })).toMatchObject(streams)
    expect(registry.executeSync('tee', ['file'], { stdin: Buffer.from('über') })).toMatchObject(streams)
    expect(await readFile(join(directory, 'out/file'), 'utf8')).toBe('über')
    expect(await registry.execute('tee', ['file'])).toMatchObject({ stdout: '', stderr: '0 bytes\n' })
    await registry.close()
  })

  test('come with a failure, too', async () => {
    const registry = await having('tee', { limits: { resultBytes: 4096 } })
    const stdin = 'x'.repeat(5000)
    await expect(registry.execute('tee', ['file'], { stdin })).rejects.toMatchObject({
      code: 'ERR_RESULT_TOO_LARGE',
      details: { what: 'stdout', limit: 4096, stdout: '', stderr: '' },
    })
    await registry.close()
  })

  test('are thrown away where the program says so', async () => {
    const registry = await having('tee', { wasi: { stdio: 'ignore' } })
    const answer = await registry.execute('tee', ['file'], { stdin: 'text' })
    expect(answer.type).toBe('success')
    expect(answer).not.toHaveProperty('stdout')
    expect(answer).not.toHaveProperty('stderr')
    await registry.close()
  })

  test('are passed on to those of the process, all of it before the call is over', async () => {
    for (const how of ['await', 'sync']) {
      const ended = await runProgram('wasi-inherit.mjs', [directory, how, example('tee')], {
        stdin: 'read from the process',
      })
      expect(ended).toMatchObject({
        code: 0,
        stdout: how === 'await' ? 'read from the process[success,false]' : 'given[success,false]',
        stderr: how === 'await' ? '21 bytes\n' : '5 bytes\n',
      })
    }
  })

  test('what passes them on is given up with its registry', async () => {
    // Not public, but the only witness: each that is left behind keeps a handle of the event loop.
    const { OutputSink } = internal.native()
    const count = () => queryObjects(OutputSink, { format: 'count' })
    const before = count()
    for (let round = 0; round < 20; round += 1) {
      const registry = await having('wc', { wasi: { stdio: 'inherit' } })
      await registry.execute('wc', ['nothing'])
      await registry.close()
    }
    // What native code held is let go of in a later turn of the event loop.
    for (let round = 0; round < 5; round += 1) {
      count()
      await turn()
    }
    expect(count()).toBeLessThan(before + 5)
  })
})

describe('options', () => {
  test.each([
    ['wasi', 'nonsense'],
    ['workingDirectory', { workingDirectory: 1 }],
    ['env', { env: 'PATH' }],
    ['env', { env: ['LANG=C'] }],
    ['env', { env: new Map([['LANG', 'C']]) }],
    ['env', { env: { LANG: 'C', COLUMNS: 80 } }],
    ['env', { env: { LANG: null } }],
    ['stdio', { stdio: 'inert' }],
    ['cwd', { cwd: '.' }],
  ])('what is wrong with %s is said', (name, wasi) => {
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_ARG', details: { name } })
    expect(() => new PluginRegistry({ wasi: wasi as never })).toThrow(invalid)
  })
})
