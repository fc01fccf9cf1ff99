import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv } from 'ajv'
import { PermissionPresets, PluginLoader, PluginRegistry, readPermissionPolicy } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { fault, faultSync, thrown } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { pipe } from '../system.js'
import { asking, askingFile, full } from './asking.js'
import { digest } from './grants.js'

const schema = JSON.parse(
  await readFile(new URL('../../schemas/permission-policy.schema.json', import.meta.url), 'utf8'),
)
const fits = new Ajv({ strict: true, strictRequired: false }).compile(schema)

const read = { fsRead: [{ pattern: './data', recursive: false }] }
const net = { net: [{ host: 'example.test', protocol: 'https' as const }] }

async function policyFile(text: string | object): Promise<string> {
  const path = join(await temporaryDirectory(), 'policy.json')
  await writeFile(path, typeof text === 'string' ? text : JSON.stringify(text, undefined, 2))
  return path
}

const entry = { digest: digest('a'), capabilities: read }

describe('a policy file', () => {
  test.each([
    ['empty', { version: 1 }],
    [
      'with all there is',
      {
        $schema: './permission-policy.schema.json',
        version: 1,
        plugins: [
          { ...entry, path: './it.wasm', command: 'it', until: '2999-01-31', comment: 'why' },
          { path: '/it.wasm', capabilities: {}, until: '2999-01-31T12:00:00.5Z' },
        ],
        deny: { envRead: ['AWS_*'], net: [{ host: '*', port: 25, protocol: 'tcp' }], stdio: { stdin: true } },
      },
    ],
  ])('is read, and fits its schema: %s', async (_, document) => {
    const path = await policyFile(document)
    expect(fits(document)).toBe(true)
    expect(readPermissionPolicy(path).file).toBe(path)
    expect(readPermissionPolicy(pathToFileURL(path)).file).toBe(path)
  })

  test('a host is denied over any protocol, and granted over https, where none is named', async () => {
    const net = [{ host: 'example.com' }]
    const path = await policyFile({
      version: 1,
      plugins: [{ ...entry, capabilities: { net } }],
      deny: { net },
    })
    const { plugins, deny } = readPermissionPolicy(path)
    expect(plugins[0]?.capabilities.net).toEqual([{ host: 'example.com', protocol: 'https' }])
    expect(deny.net).toEqual([{ host: 'example.com', protocol: 'tcp' }])
  })

  test.each<[string, object, string]>([
    ['no object', [], 'policyFile'],
    ['no version', {}, 'version'],
    ['another version', { version: 2 }, 'version'],
    ['a key that is not known', { version: 1, plugin: [] }, 'plugin'],
    ['a schema that is no text', { version: 1, $schema: 1 }, '$schema'],
    ['no list', { version: 1, plugins: {} }, 'plugins'],
    ['a name alone', { version: 1, plugins: [{ command: 'it', capabilities: read }] }, 'plugins[0]'],
    ['no digest', { version: 1, plugins: [{ ...entry, digest: 'blake3:a' }] }, 'plugins[0].digest'],
    ['no path', { version: 1, plugins: [entry, { ...entry, path: '' }] }, 'plugins[1].path'],
    ['nothing granted', { version: 1, plugins: [{ digest: digest('a') }] }, 'plugins[0].capabilities'],
    ['a key of every object', JSON.parse('{"version": 1, "__proto__": {}}'), '__proto__'],
    ['a date that is none', { version: 1, plugins: [{ ...entry, until: 'soon' }] }, 'plugins[0].until'],
    [
      'capabilities that are not known',
      { version: 1, plugins: [{ ...entry, capabilities: { fsReed: [] } }] },
      'plugins[0].capabilities.fsReed',
    ],
    ['a variable that is too wide', { version: 1, deny: { envRead: ['HOME', 'A*'] } }, 'deny.envRead[1]'],
    ['a port that is none', { version: 1, deny: { net: [{ host: 'a', port: -1 }] } }, 'deny.net[0].port'],
    [
      'a protocol that is none',
      { version: 1, deny: { net: [{ host: 'a', protocol: 'x' }] } },
      'deny.net[0].protocol',
    ],
  ])('is refused with the key that is wrong, by its schema too: %s', async (_, document, key) => {
    expect(fits(document)).toBe(false)
    const path = await policyFile(document)
    expect(faultSync('ERR_INVALID_ARG', () => readPermissionPolicy(path)).details.name).toBe(key)
    faultSync('ERR_INVALID_ARG', () => PermissionPresets.ci(path))
  })

  test.each<readonly [string, number, number | undefined, string]>([
    [
      '{\n  "version": 1,\n  "plugins": [\n    { "digest": 1, "capabilities": {} }\n  ]\n}',
      4,
      17,
      'plugins[0].digest',
    ],
    ['{\n  "version": 1,\n  "deny": { "envRead": [ "*" ] }\n}', 3, 26, 'deny.envRead[0]'],
    ['{ "version": 1, "version": 1 }', 1, 17, 'version'],
    ['{ "version": 1,\n}', 2, 1, 'the file'],
    ['{ "version": 1 } // for all', 1, 18, 'the file'],
    ['', 1, 1, 'the file'],
    ['['.repeat(200_000), 1, undefined, 'the file'],
    ...[1_000, 5_000, 50_000].map(
      depth => ['['.repeat(depth) + ']'.repeat(depth), 1, undefined, 'the file'] as const,
    ),
  ])('says line, column and key: %#', async (text, line, column, key) => {
    const path = await policyFile(text)
    const { message } = faultSync('ERR_INVALID_ARG', () => readPermissionPolicy(path))
    expect(message.startsWith(`${path}:${line}:${column === undefined ? '' : `${column} ${key} `}`)).toBe(
      true,
    )
  })

  test.each(['2030-02-30', '2030-13-01', '2029-02-29T00:00:00Z', '2030-01-31T24:00:00Z'])(
    'is refused with a date that no calendar has: %s',
    async until => {
      const entry = { digest: digest('a'), capabilities: {} }
      const path = await policyFile({ version: 1, plugins: [{ ...entry, until }] })
      const { details } = faultSync('ERR_INVALID_ARG', () => readPermissionPolicy(path))
      expect(details.name).toBe('plugins[0].until')
      const there = await policyFile({ version: 1, plugins: [{ ...entry, until: '2028-02-29' }] })
      expect(readPermissionPolicy(there).plugins[0]?.until).toEqual(new Date('2028-02-29'))
    },
  )

  test('that is not there, or no file, is refused', async () => {
    const directory = await temporaryDirectory()
    expect(thrown(() => readPermissionPolicy(join(directory, 'none')))).toMatchObject({ code: 'ENOENT' })
    await pipe(join(directory, 'pipe'))
    await mkdir(join(directory, 'directory'))
    await writeFile(join(directory, 'large'), ' '.repeat(2 ** 20 + 1))
    for (const name of ['pipe', 'directory', 'large'])
      faultSync('ERR_INVALID_ARG', () => readPermissionPolicy(join(directory, name)))
  })
})

describe('the preset for continuous integration', () => {
  test('grants what is listed for this code or this file, a part of it included', async () => {
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', { ...read, ...net })
    const loaded = await new PluginLoader().load(path)
    for (const plugin of [
      { path: 'it.wasm' },
      { path },
      { digest: loaded.digest },
      { digest: loaded.digest, path, command: 'it' },
    ]) {
      const file = join(directory, 'policy.json')
      await writeFile(file, JSON.stringify({ version: 1, plugins: [{ ...plugin, capabilities: read }] }))
      const used: unknown[] = []
      const audit = {
        record: ({ type, details }: { type: string; details?: object }) =>
          void (type === 'used' && used.push(details)),
      }
      const registry = new PluginRegistry({ permissions: { ...PermissionPresets.ci(file), audit } })
      await registry.register(loaded)
      expect(await registry.execute('it')).toMatchObject({ output: 'ok' })
      expect(registry.executeSync('it')).toMatchObject({ output: 'ok' })
      expect(used).toEqual([{ capabilities: full(read) }, { capabilities: full(read) }])
    }
  })

  test.each([
    ['other code', { digest: digest('a') }],
    ['another file', { path: 'other.wasm' }],
    ['another command', { path: 'it.wasm', command: 'other' }],
    ['an entry that has ended', { path: 'it.wasm', until: '2020-01-01' }],
    ['other capabilities', { path: 'it.wasm', capabilities: net }],
    ['this code in another file', { path: 'other.wasm', digest: 'own' }],
  ])('refuses what is listed for %s', async (_, plugin: object) => {
    const directory = await temporaryDirectory()
    const path = await askingFile(directory, 'it', read)
    const loaded = await new PluginLoader().load(path)
    const own = 'digest' in plugin && plugin.digest === 'own' ? { digest: loaded.digest } : {}
    const file = join(directory, 'policy.json')
    await writeFile(
      file,
      JSON.stringify({ version: 1, plugins: [{ capabilities: read, ...plugin, ...own }] }),
    )
    const registry = new PluginRegistry({ permissions: PermissionPresets.ci(file) })
    await registry.register(loaded)
    const { details, message } = await fault('ERR_PERMISSION_DENIED', registry.execute('it'))
    expect(details.reason).toBe('not-listed')
    expect(message).toContain(file)
    expect(message).toContain(loaded.digest)
  })

  test('denies what is denied, though it is listed', async () => {
    const module = await asking('it', read)
    const { digest } = await new PluginLoader().load(module)
    const plugins = [{ digest, capabilities: read }]
    const file = await policyFile({
      version: 1,
      plugins,
      deny: { fsRead: [{ pattern: '.', recursive: true }] },
    })
    const registry = new PluginRegistry({ permissions: PermissionPresets.ci(file) })
    await registry.loadPlugin(module)
    expect((await fault('ERR_PERMISSION_DENIED', registry.execute('it'))).details.reason).toBe('denied')
  })

  test('reads a policy file by way of a link, as projects have them', async () => {
    const file = await policyFile({ version: 1 })
    await symlink(file, `${file}.link`)
    expect(readPermissionPolicy(`${file}.link`).plugins).toEqual([])
  })
})
