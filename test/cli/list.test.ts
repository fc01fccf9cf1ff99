import { stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guestFile, plugin, temporaryDirectory } from '../guest.js'
import { sen, senJson, senOnTerminal } from './sen.js'

const examples = dirname(plugin('hello'))

describe('sen list', () => {
  test('shows the commands with version, text and file', async () => {
    const { code, stdout, stderr } = await sen(['list', '--plugins', examples])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^COMMAND +VERSION +ABOUT +FILE$/m)
    expect(stdout).toMatch(/^hello +0\.1\.0 +Says hello +examples\/plugins\/build\/hello\.wasm$/m)
  })

  test('shows each plugin on one line, whatever its text', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'escape-about')
    const { stdout } = await sen(['list', '--plugins', directory])
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(stdout).toContain('\\x1b]52;c;cHduZWQ=\\x07')
  })

  test('fits the terminal', async () => {
    const { stdout } = await senOnTerminal(['list', '--plugins', examples], {
      columns: 50,
      env: { NO_COLOR: '1' },
    })
    expect(stdout).toContain('…')
    for (const line of stdout.split('\r\n')) expect(line.length).toBeLessThanOrEqual(50)
  })

  test('says on stderr that there is nothing, and ends with 0', async () => {
    const directory = await temporaryDirectory()
    const { code, stdout, stderr } = await sen(['list', '--plugins', directory])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain(directory)
  })

  test('gives programs the manifests, files and digests, and what could not be loaded', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    const { code, json } = await senJson(['list', '--json', '--plugins', directory])
    expect(code).toBe(0)
    expect(json.commands).toEqual([
      {
        command: 'echo',
        path: join(directory, 'echo.wasm'),
        digest: expect.stringMatching(/^blake3:[0-9a-f]{64}$/),
        manifest: expect.objectContaining({
          apiVersion: 2,
          command: expect.objectContaining({ name: 'echo' }),
        }),
      },
    ])
    expect(json.failures).toMatchObject([
      { path: join(directory, 'broken.wasm'), error: { code: 'ERR_INVALID_MODULE' } },
    ])
    expect(json.conflicts).toEqual([])
  })
})

describe('sen scan', () => {
  test('shows plugins on stdout, and what is wrong with the others on stderr', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo')
    await guestFile(directory, 'missing-execute')
    await writeFile(join(directory, 'broken.wasm'), 'not wasm')
    await writeFile(join(directory, 'readme.txt'), 'no plugin')
    const { code, stdout, stderr } = await sen(['scan', directory])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^echo .*echo\.wasm$/m)
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/broken\.wasm: .*\(ERR_INVALID_MODULE\)$/),
      expect.stringMatching(/missing-execute\.wasm: .*\(ERR_MISSING_EXPORT\)$/),
    ])
  })

  test('shows all files of one command', async () => {
    const directory = await temporaryDirectory()
    await guestFile(directory, 'echo', 'a.wasm')
    await guestFile(directory, 'echo', 'b.wasm')
    const { json } = await senJson(['scan', '--json', directory])
    expect(json.plugins.map(({ path }: { path: string }) => path)).toEqual([
      join(directory, 'a.wasm'),
      join(directory, 'b.wasm'),
    ])
    expect(json.failures).toEqual([])
  })

  test('needs a directory that is there', async () => {
    const { code, json } = await senJson(['scan', '--json', 'nosuch'])
    expect(code).toBe(2)
    expect(json.error).toMatchObject({ code: 'ENOENT', details: { path: expect.stringMatching(/nosuch$/) } })
  })
})

describe('sen inspect', () => {
  test('shows arguments, options, defaults, possible values and subcommands', async () => {
    const { code, stdout, stderr } = await sen(['inspect', plugin('greet')])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Usage: greet [OPTIONS] [NAME]')
    expect(stdout).toMatch(/-s, --style <STYLE> .*default: plain; one of: plain, shout, whisper/)
    expect(stdout).toContain('Usage: greet morning [OPTIONS] <NAME>')
    expect(stdout).toMatch(/^Digest +blake3:[0-9a-f]{64}$/m)
    expect(stdout).toMatch(/^Capabilities +none$/m)
  })

  test('shows what a plugin asks for', async () => {
    const directory = await temporaryDirectory()
    const { stdout } = await sen(['inspect', await guestFile(directory, 'capabilities-fs')])
    expect(stdout).toMatch(/^Capabilities +reads files: \.\/data/m)
  })

  test('gives programs all of it', async () => {
    const { code, json } = await senJson(['inspect', '--json', plugin('greet')])
    expect(code).toBe(0)
    expect(json).toMatchObject({
      path: plugin('greet'),
      size: (await stat(plugin('greet'))).size,
      digest: expect.stringMatching(/^blake3:/),
      supportsEffects: expect.any(Boolean),
      manifest: {
        apiVersion: 2,
        command: { name: 'greet', subcommands: [{ name: 'morning' }, { name: 'evening' }] },
      },
    })
  })

  test.each([
    ['missing-memory', 78, 'ERR_MISSING_EXPORT'],
    ['manifest-not-msgpack', 79, 'ERR_DECODE'],
    ['name-rtl', 78, 'ERR_INVALID_MANIFEST'],
    ['forever-in-manifest', 71, 'ERR_FUEL_EXHAUSTED'],
  ])('says what is wrong with a file: %s', async (name, exitCode, error) => {
    const path = await guestFile(await temporaryDirectory(), name)
    const { code, json } = await senJson(['inspect', '--json', path])
    expect({ code, error: json.error.code }).toEqual({ code: exitCode, error })
  })

  test.each([
    ['nosuch.wasm', 'ENOENT'],
    ['.', 'EISDIR'],
  ])('needs a file that is there: %s', async (path, code) => {
    const { code: ended, json } = await senJson(['inspect', '--json', path])
    expect({ ended, code: json.error.code }).toEqual({ ended: 2, code })
  })
})
