import { stat } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { guestFile, plugin, temporaryDirectory } from '../guest.js'
import { sen, senJson } from './sen.js'

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
