import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CapabilitiesInput,
  type PermissionOptions,
  PermissionPresets,
  type PermissionQuestion,
  PluginLoader,
  PluginRegistry,
} from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fault, faultSync } from '../fault.js'
import { plugin, temporaryDirectory } from '../guest.js'
import { full } from '../permissions/asking.js'
import { runProgram } from '../system.js'
import { inWorker } from '../worker.js'
import { reading, TEXT, wasiGuest } from './guest.js'

const BADF = 8

/** A directory with these directories in it, each with a file called `file` that has its path for text. */
async function holding(...directories: string[]): Promise<string> {
  const root = await temporaryDirectory()
  for (const directory of directories) {
    await mkdir(join(root, directory), { recursive: true })
    await writeFile(join(root, directory, 'file'), directory)
  }
  return root
}

async function registryOf(
  module: Uint8Array,
  workingDirectory: string,
  permissions: PermissionOptions = PermissionPresets.testing(),
): Promise<PluginRegistry> {
  const registry = new PluginRegistry({ permissions, wasi: { workingDirectory } })
  onTestFinished(() => registry.close())
  await registry.loadPlugin(module)
  return registry
}

/** A prompt that grants this, whatever it is asked. */
function granting(input: CapabilitiesInput, questions: PermissionQuestion[] = []): PermissionOptions {
  const capabilities = full(input) as PermissionQuestion['capabilities']
  return {
    ...PermissionPresets.strict('sen-test'),
    prompt: {
      ask: async question => {
        questions.push(question)
        return { type: 'grant', capabilities, duration: 'session' }
      },
    },
  }
}

const success = (output: string) => ({ type: 'success', output })
const refused = (code: number) => ({ type: 'error', code })

describe('a pattern', () => {
  test('that begins with ~/ leads to the home directory', async () => {
    const home = await holding('notes')
    const module = join(home, 'home.wasm')
    await writeFile(module, await reading('home', { fsRead: [{ pattern: '~/notes' }] }))
    const { code, stderr } = await runProgram('wasi-run.mjs', [module], { within: ['env', `HOME=${home}`] })
    expect({ code, ended: JSON.parse(stderr) }).toMatchObject({ code: 0, ended: success('notes') })
  })

  test('that is absolute leads there from any working directory', async () => {
    const pattern = join(await holding('data'), 'data')
    const registry = await registryOf(
      await reading('absolute', { fsRead: [{ pattern }] }),
      await holding('data'),
    )
    expect(await registry.execute('absolute')).toMatchObject(success('data'))
    expect(registry.executeSync('absolute')).toMatchObject(success('data'))
  })

  test('that is relative leads elsewhere from another working directory, and what was open is closed', async () => {
    const before = process.cwd()
    onTestFinished(() => process.chdir(before))
    const places = [await holding('data/first'), await holding('data/second')]
    const registry = new PluginRegistry({ permissions: PermissionPresets.testing() })
    onTestFinished(() => registry.close())
    const recursive = { fsRead: [{ pattern: './data', recursive: true }] }
    await registry.loadPlugin(await reading('first', recursive, 'first/file'))
    await registry.loadPlugin(await reading('second', recursive, 'second/file'))
    for (const [place, found, missing] of [
      [places[0], 'first', 'second'],
      [places[1], 'second', 'first'],
    ] as const) {
      process.chdir(place ?? '')
      expect(await registry.execute(found)).toMatchObject(success(`data/${found}`))
      expect(registry.executeSync(found)).toMatchObject(success(`data/${found}`))
      expect(await registry.execute(missing)).toMatchObject({ type: 'error' })
    }
  })
})

describe('arguments', () => {
  test.each([[[]], [['one']], [['a b', '', 'größer', '--', '-x=1']]])(
    'are a name for the plugin and those of the call: %j',
    async args => {
      const code = `
        (call $check (call $args_get (i32.const 1024) (i32.const ${TEXT})))
        (call $check (call $args_sizes_get (i32.const 1032) (i32.const 1036)))
        (i32.load (i32.const 1036))`
      const registry = await registryOf(await wasiGuest('arguments', {}, code), '.')
      const expected = success(['plugin', ...args].map(arg => `${arg}\0`).join(''))
      expect(await registry.execute('arguments', args)).toMatchObject(expected)
      expect(registry.executeSync('arguments', args)).toMatchObject(expected)
    },
  )
})

describe('of several directories', () => {
  const both = {
    fsRead: [
      { pattern: './data', recursive: true },
      { pattern: './more', recursive: false },
    ],
  }

  test('those that were granted are there, and no others', async () => {
    const directory = await holding('data', 'more')
    for (const [pattern, output] of [
      ['./data', 'data'],
      ['./more', 'more'],
    ] as const) {
      const granted = { fsRead: both.fsRead.filter(item => item.pattern === pattern) }
      const first = await registryOf(await reading('first', both), directory, granting(granted))
      expect(await first.execute('first')).toMatchObject(success(output))
      const code = '(call $read_file (i32.const 4) (i32.const 0x4000) (i32.const 4))'
      const second = await registryOf(
        await wasiGuest('second', both, code, 'file'),
        directory,
        granting(granted),
      )
      expect(await second.execute('second')).toMatchObject(refused(BADF))
    }
  })

  test('one that a policy file denies a part of is not granted at all, and the other is', async () => {
    const directory = await holding('data', 'data/secret', 'more')
    const module = await reading('first', both)
    const { digest } = await new PluginLoader().load(module)
    const policy = join(directory, 'policy.json')
    const deny = { fsRead: [{ pattern: './data/secret', recursive: true }] }
    await writeFile(policy, JSON.stringify({ version: 1, plugins: [{ digest, capabilities: both }], deny }))
    const registry = await registryOf(module, directory, PermissionPresets.ci(policy))
    expect(await registry.execute('first')).toMatchObject(success('more'))
    expect(registry.executeSync('first')).toMatchObject(success('more'))
  })
})

describe('the working directory of plugins', () => {
  const data = { fsRead: [{ pattern: './data', recursive: false }] }

  test('is where a deny list is looked at from', async () => {
    const directory = await holding('data')
    const registry = await registryOf(await reading('data', data), directory, {
      ...PermissionPresets.testing(),
      deny: { fsRead: [{ pattern: join(directory, 'data') }] },
    })
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('data'))).details.reason).toBe('denied')
    faultSync('ERR_PERMISSION_DENIED', () => registry.executeSync('data'))
  })

  test('is what whoever is asked is told', async () => {
    const directory = await holding('data')
    const questions: PermissionQuestion[] = []
    const registry = await registryOf(await reading('data', data), directory, granting(data, questions))
    await registry.execute('data')
    expect(questions.map(({ workingDirectory }) => workingDirectory)).toEqual([directory])
  })

  test('is looked at again after the program has moved: what is denied there is not read from what was open', async () => {
    const before = process.cwd()
    onTestFinished(() => process.chdir(before))
    const [denied, allowed] = [await holding('data'), await holding('data')]
    const registry = new PluginRegistry({
      permissions: {
        ...PermissionPresets.testing(),
        deny: { fsRead: [{ pattern: join(denied, 'data') }] },
      },
    })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(await reading('data', data))
    await writeFile(join(allowed, 'data/file'), 'allowed')
    process.chdir(denied)
    await fault('ERR_PERMISSION_DENIED', registry.execute('data'))
    process.chdir(allowed)
    expect(await registry.execute('data')).toMatchObject(success('allowed'))
    process.chdir(denied)
    await fault('ERR_PERMISSION_DENIED', registry.execute('data'))
  })
})

describe('many at once', () => {
  test('each finds what its own plugin was granted, and its own arguments and input', async () => {
    const directory = await holding('a', 'b', 'out')
    const registry = new PluginRegistry({
      permissions: PermissionPresets.testing(),
      wasi: { workingDirectory: directory },
    })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(await reading('a', { fsRead: [{ pattern: './a' }] }))
    await registry.loadPlugin(await reading('b', { fsWrite: [{ pattern: './b' }] }))
    await registry.loadPlugin(plugin('tee'))
    const run = async (number: number) => {
      if (number % 3 === 0) {
        const stdin = `input ${number}`
        const { stdout } = await registry.execute('tee', [String(number)], { stdin })
        return stdout === stdin
      }
      const command = number % 3 === 1 ? 'a' : 'b'
      const answer = await registry.execute(command)
      return answer.type === 'success' && answer.output === command
    }
    expect(await Promise.all(Array.from({ length: 100 }, (_, number) => run(number)))).toEqual(
      Array(100).fill(true),
    )
  })

  test('so does each in a Worker of its own', async () => {
    const workers = Array.from({ length: 8 }, async (_, number) => {
      const pattern = join(await holding(`worker-${number}`), `worker-${number}`)
      const module = await reading('worker', { fsRead: [{ pattern }] })
      return inWorker({ module, granted: true, runs: 20, ways: ['execute', 'executeSync'] })
    })
    const outcomes = await Promise.all(workers)
    outcomes.forEach((runs, number) => {
      expect(runs).toHaveLength(40)
      for (const run of runs) expect(run).toMatchObject(success(`worker-${number}`))
    })
  })
})
