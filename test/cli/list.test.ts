import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guestFile, plugin, temporaryDirectory } from '../guest.js'
import { having } from './having.js'
import { sen, senJson, senOnTerminal } from './sen.js'

describe('sen list', () => {
  test('shows the commands with version, text and file', async () => {
    const { code, stdout, stderr } = await sen(['list', '--plugins', dirname(plugin('hello'))])
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
    const { stdout } = await senOnTerminal(['list', ...(await having('hello'))], {
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
