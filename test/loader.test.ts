import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PluginLoader } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { blake3 } from './blake3.js'
import { fault, faultSync, rejection } from './fault.js'
import { guest, guestFile, plugin, temporaryDirectory } from './guest.js'
import { pipe, runProgram } from './system.js'

describe('a plugin is loaded', () => {
  test('from bytes, without a path', async () => {
    const loaded = await new PluginLoader().load(await guest('echo'))
    expect(loaded.manifest.command.name).toBe('echo')
    expect(loaded.path).toBeUndefined()
  })

  test('from part of a larger buffer', async () => {
    const module = await guest('echo')
    const buffer = Buffer.alloc(module.length + 20)
    buffer.set(module, 10)
    const { digest } = await new PluginLoader().load(buffer.subarray(10, 10 + module.length))
    expect(digest).toBe((await new PluginLoader().load(module)).digest)
  })

  test('from bytes that are changed as soon as the call was made', async () => {
    const module = await guest('echo')
    const loading = new PluginLoader().load(module)
    module.fill(0)
    expect((await loading).manifest.command.name).toBe('echo')
  })

  test('from an absolute path, a relative one, and a URL, and knows the file', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    for (const source of [path, relative(process.cwd(), path), pathToFileURL(path)]) {
      const loaded = await new PluginLoader().load(source)
      expect(loaded.manifest.command.name).toBe('echo')
      expect(loaded.path).toBe(path)
    }
  })

  test('from a path whose letters a URL would escape', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo', 'größer 100% #1?.wasm')
    for (const source of [path, pathToFileURL(path)]) {
      expect((await new PluginLoader().load(source)).path).toBe(path)
    }
  })

  test('from a file of any name: what counts is what is in it', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo', 'plugin.bin')
    expect((await new PluginLoader().load(path)).manifest.command.name).toBe('echo')
  })

  test('by a name that a shell would act upon, which is only a name', async () => {
    const directory = await temporaryDirectory()
    for (const file of ['$(touch owned).wasm', '; touch owned;.wasm', '-rf', '\x1b[31m.wasm', '\u202ewasm']) {
      const path = await guestFile(directory, 'echo', file)
      expect((await new PluginLoader().load(path)).path).toBe(path)
    }
  })
})

describe('a loaded plugin', () => {
  test('has a manifest in camelCase, with every field of the example', async () => {
    const { manifest } = await new PluginLoader().load(plugin('greet'))
    expect(manifest).toMatchObject({
      apiVersion: 2,
      command: {
        name: 'greet',
        about: expect.any(String),
        version: expect.any(String),
        args: expect.arrayContaining([
          { name: 'name', required: false, help: expect.any(String), defaultValue: 'World' },
          {
            name: 'style',
            long: 'style',
            short: 's',
            required: false,
            help: expect.any(String),
            defaultValue: 'plain',
            possibleValues: ['plain', 'shout', 'whisper'],
          },
          {
            name: 'count',
            long: 'count',
            short: 'n',
            required: false,
            help: expect.any(String),
            valueName: 'TIMES',
            defaultValue: '1',
          },
        ]),
        subcommands: [
          { name: 'morning', subcommands: [], args: expect.any(Array) },
          { name: 'evening', subcommands: [], args: expect.any(Array) },
        ],
      },
      capabilities: {
        fsRead: [],
        fsWrite: [],
        envRead: [],
        net: [],
        stdio: { stdin: false, stdout: false, stderr: false },
      },
    })
  })

  test('has capabilities in camelCase', async () => {
    const loader = new PluginLoader()
    const files = await loader.load(await guest('capabilities-fs'))
    expect(files.manifest.capabilities.fsRead).toEqual([{ pattern: './data', recursive: false }])
    const net = await loader.load(await guest('capabilities-net'))
    expect(net.manifest.capabilities.net).toEqual([{ host: 'example.test', protocol: 'http' }])
  })

  test('has a manifest that nobody can change, at any depth', async () => {
    const { manifest } = await new PluginLoader().load(plugin('greet'))
    expect(parts(manifest).length).toBeGreaterThan(20)
    for (const part of parts(manifest)) expect(Object.isFrozen(part)).toBe(true)
  })

  test('has the same manifest whether it was sent as maps or as arrays', async () => {
    const loader = new PluginLoader()
    const maps = await loader.load(await guest('manifest-map'))
    const arrays = await loader.load(await guest('echo'))
    expect(maps.manifest).toEqual({
      ...arrays.manifest,
      command: { ...arrays.manifest.command, name: 'manifest-map' },
    })
  })

  test('keeps what is strange in its texts', async () => {
    const { manifest } = await new PluginLoader().load(await guest('escape-about'))
    expect(manifest.command.about).toContain('\x1b[31mred\x1b[0m')
  })

  test("has the BLAKE3 digest of its module's bytes", async () => {
    // Of nothing, by the authors' own test vectors.
    expect(blake3(new Uint8Array())).toBe('af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262')
    for (const name of ['echo', 'error-user', 'error-code-42']) {
      const module = await guest(name)
      expect((await new PluginLoader().load(module)).digest).toBe(`blake3:${blake3(module)}`)
    }
  })

  test('has one live instance, the same each time it is asked for', async () => {
    const loaded = await new PluginLoader().load(await guest('echo'))
    expect(loaded.instance).toBe(loaded.instance)
  })
})

describe('the examples are plugins like any other', () => {
  test.each([
    ['hello', ['Ada'], 'Hello, Ada!'],
    ['greet', ['--style', 'shout', 'Ada'], 'HELLO, ADA!'],
    ['wc', ['one two\nthree'], '2 3 13'],
    ['rot13', ['Uryyb'], 'Hello'],
    ['rev', ['one', 'two', 'three'], 'three two one'],
  ])('%s answers', async (name, args, output) => {
    const { instance } = await new PluginLoader().load(plugin(name))
    expect(await instance.execute(args)).toMatchObject({ type: 'success', output })
  })
})

describe('the example in C, which reads MessagePack by hand', () => {
  test.each([
    ['an empty text', [''], ''],
    ['texts of every length', ['a', 'b'.repeat(32), 'c'.repeat(256), 'd'.repeat(65_536)]],
    ['as many texts as need two bytes to count', Array.from({ length: 16 }, (_, index) => `${index}`)],
    ['as many texts as need four bytes to count', Array.from({ length: 65_536 }, () => 'x')],
    ['text that is not ASCII', ['héllo', '世界']],
  ])('turns around %s', async (_, args, output = args.toReversed().join(' ')) => {
    const { instance } = await new PluginLoader().load(plugin('rev'))
    const limits = { fuel: 100_000_000 }
    expect(await instance.execute(args, { limits })).toMatchObject({ type: 'success', output })
  })

  test('answers an error of its own without words', async () => {
    const { instance } = await new PluginLoader().load(plugin('rev'))
    expect(await instance.execute([])).toMatchObject({ type: 'error', code: 1 })
  })

  test('has a receipt, which is the same each time', async () => {
    const { instance } = await new PluginLoader().load(plugin('rev'))
    const [first, second] = [instance.executeSync(['one', 'two']), instance.executeSync(['one', 'two'])]
    expect(first.usage).toMatchObject({ peakMemoryBytes: 65_536, effects: 0 })
    expect(first.usage.fuelConsumed).toBeGreaterThan(0n)
    expect(second.usage.fuelConsumed).toBe(first.usage.fuelConsumed)
  })

  test('gives memory back: a thousand calls of 64 KiB take no more than one', async () => {
    const { instance } = await new PluginLoader().load(plugin('rev'))
    const word = 'x'.repeat(65_536)
    const { peakMemoryBytes } = instance.executeSync([word]).usage
    for (let call = 0; call < 1000; call += 1) instance.executeSync([word])
    expect(instance.executeSync([word]).usage.peakMemoryBytes).toBe(peakMemoryBytes)
  })
})

describe('what the system says of a path comes with its own code and the path', () => {
  test('a file that is not there', async () => {
    const path = join(await temporaryDirectory(), 'absent.wasm')
    for (const source of [path, pathToFileURL(path), relative(process.cwd(), path)]) {
      expect(await rejection(new PluginLoader().load(source))).toMatchObject({ code: 'ENOENT', path })
    }
  })

  test('a directory', async () => {
    const path = join(await temporaryDirectory(), 'directory.wasm')
    await mkdir(path)
    expect(await rejection(new PluginLoader().load(path))).toMatchObject({ code: 'EISDIR', path })
  })

  test('a file as a directory', async () => {
    const path = join(await guestFile(await temporaryDirectory(), 'echo'), 'inside.wasm')
    expect(await rejection(new PluginLoader().load(path))).toMatchObject({ code: 'ENOTDIR', path })
  })

  test('a link to itself', async () => {
    const path = join(await temporaryDirectory(), 'loop.wasm')
    await symlink(path, path)
    expect(await rejection(new PluginLoader().load(path))).toMatchObject({ code: 'ELOOP', path })
  })

  test('a file that this user may not read', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'echo')
    const { stdout } = await runProgram('unreadable.mjs', [path])
    expect(JSON.parse(stdout).loaded).toEqual({ code: 'EACCES', path })
  })
})

describe('what is no regular file is refused without being read', () => {
  test('a pipe, which nobody writes to', async () => {
    const path = join(await temporaryDirectory(), 'pipe.wasm')
    await pipe(path)
    const { details } = await fault('ERR_INVALID_MODULE', new PluginLoader().load(path))
    expect(details).toEqual({ path })
  })

  test('a device, which never ends', async () => {
    const { details } = await fault('ERR_INVALID_MODULE', new PluginLoader().load('/dev/zero'))
    expect(details).toEqual({ path: '/dev/zero' })
  })

  test('a file that is no module says which', async () => {
    const path = join(await temporaryDirectory(), 'text.wasm')
    await writeFile(path, 'no module')
    const { details } = await fault('ERR_INVALID_MODULE', new PluginLoader().load(path))
    expect(details).toEqual({ path })
  })

  test('a file over 16 MiB is not read', async () => {
    const path = join(await temporaryDirectory(), 'huge.wasm')
    await writeFile(path, '')
    await truncate(path, 2 ** 40)
    const { details } = await fault('ERR_MODULE_TOO_COMPLEX', new PluginLoader().load(path))
    expect(details).toMatchObject({ limit: 16 * 2 ** 20, actual: 2 ** 40, path })
  })
})

describe('a wrong argument is refused by name', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['an object', {}],
    ['an array of bytes', [0, 97, 115, 109]],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['an array of another type', new Uint16Array(8)],
    ['a path with NUL', 'a\0b'],
    ['a URL on the web', new URL('https://example.test/plugin.wasm')],
    ['a file: URL with a host', new URL('file://example.test/plugin.wasm')],
    ['a file: URL with an escaped slash', new URL('file:///a%2Fb.wasm')],
    ['a file: URL with NUL', new URL('file:///a%00b.wasm')],
  ])('load: %s', async (_, source) => {
    const loading = new PluginLoader().load(source as string)
    expect((await fault('ERR_INVALID_ARG', loading)).details).toEqual({ name: 'source' })
  })

  test('options that are no object', () => {
    for (const options of [null, 1, 'limits', []]) {
      const { details } = faultSync('ERR_INVALID_ARG', () => new PluginLoader(options as object))
      expect(details).toEqual({ name: 'options' })
    }
  })

  test('an option that there is not', () => {
    const options = { limit: {} }
    expect(faultSync('ERR_INVALID_ARG', () => new PluginLoader(options as object)).details).toEqual({
      name: 'limit',
    })
  })

  test('an option that there is not, with a dot in its name', () => {
    const options = { 'limits.fuel': 1 }
    expect(faultSync('ERR_INVALID_ARG', () => new PluginLoader(options as object)).details).toEqual({
      name: 'limits.fuel',
    })
  })
})

function parts(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(parts)]
}
