import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { sen, senJson } from './sen.js'

/** A cache that has the code of these guests. */
async function cacheWith(...names: readonly string[]): Promise<string> {
  const cache = await temporaryDirectory()
  const plugins = await having(...names)
  expect(await sen(['list', '--cache', cache, ...plugins])).toMatchObject({ code: 0, stderr: '' })
  return cache
}

async function entriesIn(cache: string): Promise<string[]> {
  const names = await readdir(cache)
  return names.filter(name => name.endsWith('.cwasm')).map(name => join(cache, name))
}

/** Changes a byte of one entry. */
async function damageOne(cache: string): Promise<void> {
  const [entry = ''] = await entriesIn(cache)
  const bytes = await readFile(entry)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  await rm(entry)
  await writeFile(entry, bytes, { mode: 0o400 })
}

describe('sen cache list', () => {
  test('shows what is kept: commands, purpose, sizes and digests', async () => {
    const cache = await cacheWith('echo', 'counter')
    const { code, stdout, stderr } = await sen(['cache', 'list', '--cache', cache])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^COMMAND +COMPILED FOR +SIZE +LAST USED +MODULE$/m)
    expect(stdout).toMatch(
      /^echo +first executions +[\d.]+ KiB +\d{4}-\d\d-\d\d \d\d:\d\d +blake3:[0-9a-f]{64}$/m,
    )
    expect(stdout).toMatch(/^counter +first executions /m)
    expect(stderr).toContain('2 artefacts')
    expect(stderr).toContain(cache)
  })

  test('gives programs all of it, and says nothing of what is not authentic but that it is there', async () => {
    const cache = await cacheWith('echo', 'counter')
    await damageOne(cache)
    const { code, json } = await senJson(['cache', 'list', '--json', '--cache', cache])
    expect(code).toBe(0)
    expect(json.directory).toBe(cache)
    expect(json.entries).toHaveLength(2)
    const [bad, good] = [false, true].map(authentic =>
      json.entries.find((entry: { authentic: boolean }) => entry.authentic === authentic),
    )
    const entry = {
      name: expect.stringMatching(/^[0-9a-f]{64}\.cwasm$/),
      bytes: expect.any(Number),
      lastUsed: expect.stringMatching(/^\d{4}-.*Z$/),
    }
    expect(bad).toEqual({ ...entry, authentic: false })
    expect(good).toEqual({
      ...entry,
      authentic: true,
      digest: expect.stringMatching(/^blake3:[0-9a-f]{64}$/),
      compiledFor: 'first executions',
      command: expect.stringMatching(/^(echo|counter)$/),
    })
    expect(json.bytes).toBe(bad.bytes + good.bytes)
  })

  test('shows that there is nothing', async () => {
    const cache = await temporaryDirectory()
    const { code, stdout, stderr } = await sen(['cache', 'list', '--cache', cache])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain('0 artefacts')
  })
})

describe('sen cache verify', () => {
  test('says that all is well', async () => {
    const cache = await cacheWith('echo', 'counter')
    const { code, json } = await senJson(['cache', 'verify', '--json', '--cache', cache])
    expect({ code, json }).toEqual({ code: 0, json: { directory: cache, valid: 2, removed: 0 } })
    expect((await sen(['cache', 'verify', '--cache', cache])).stdout).toContain('2 artefacts')
  })

  test('deletes what fails, and says so', async () => {
    const cache = await cacheWith('echo', 'counter')
    await damageOne(cache)
    const { code, stdout } = await sen(['cache', 'verify', '--cache', cache])
    expect(code).toBe(0)
    expect(stdout).toContain('deleted 1 artefact')
    expect(await entriesIn(cache)).toHaveLength(1)
    const { json } = await senJson(['cache', 'verify', '--json', '--cache', cache])
    expect(json).toMatchObject({ valid: 1, removed: 0 })
  })
})

describe('sen cache clear', () => {
  test('deletes what is kept, and nothing else', async () => {
    const cache = await cacheWith('echo', 'counter')
    await writeFile(join(cache, 'notes.txt'), "somebody's")
    const { code, json } = await senJson(['cache', 'clear', '--json', '--cache', cache])
    expect({ code, json }).toEqual({ code: 0, json: { directory: cache, removed: 2 } })
    expect((await readdir(cache)).sort()).toEqual(['key', 'notes.txt'])
    expect((await sen(['cache', 'clear', '--cache', cache])).stdout).toContain('deleted 0 artefacts')
  })
})

describe('the cache of the command line', () => {
  test('is used by every command that loads plugins, and by none that is told not to', async () => {
    const plugins = await having('echo')
    const [, directory = ''] = plugins
    const commands = [
      ['run', ...plugins, 'echo', 'text'],
      ['list', ...plugins],
      ['inspect', join(directory, 'echo.wasm')],
      ['scan', directory],
      ['repl', ...plugins],
    ]
    for (const [name = '', ...words] of commands) {
      const cache = await temporaryDirectory()
      const env = { SEN_PLUGIN_HOST_CACHE: cache }
      expect(await sen([name, '--no-cache', ...words], { env })).toMatchObject({ code: 0 })
      expect(await readdir(cache)).toEqual([])
      expect(await sen([name, '--cache', cache, ...words])).toMatchObject({ code: 0 })
      expect(await entriesIn(cache)).toHaveLength(1)
    }
  })

  test('is where the environment says, which can switch it off', async () => {
    const cache = await temporaryDirectory()
    const plugins = await having('echo')
    const env = { SEN_PLUGIN_HOST_CACHE: cache }
    await sen(['run', '--no-cache', ...plugins, 'echo'], { env })
    expect(await readdir(cache)).toEqual([])
    await sen(['run', ...plugins, 'echo'], { env })
    expect((await senJson(['cache', 'list', '--json'], { env })).json.entries).toHaveLength(1)

    const off = await sen(['cache', 'list'], { env: { SEN_PLUGIN_HOST_CACHE: 'off' } })
    expect(off).toMatchObject({ code: 2, stdout: '' })
    expect(off.stderr).toContain('--cache')
  })

  test('that cannot be used stops nothing but its own commands', async () => {
    const directory = await temporaryDirectory()
    const file = join(directory, 'file')
    await writeFile(file, '')
    const plugins = await having('echo')
    const run = await sen(['run', '--cache', file, ...plugins, 'echo', 'text'])
    expect(run).toEqual({ code: 0, stdout: 'text\n', stderr: '' })
    for (const command of ['list', 'verify', 'clear']) {
      const { code, json } = await senJson(['cache', command, '--json', '--cache', file])
      expect({ code, error: json.error.code }).toEqual({ code: 2, error: 'ERR_USAGE' })
    }
  })

  test('has no other commands, and no directory without a name', async () => {
    for (const words of [
      ['cache'],
      ['cache', 'burn'],
      ['cache', 'list', '--no-cache'],
      ['list', '--cache', ''],
    ]) {
      expect(await sen(words)).toMatchObject({ code: 2, stdout: '' })
    }
    expect((await sen(['list', '--cache', ''])).stderr).toContain('--cache')
  })
})
