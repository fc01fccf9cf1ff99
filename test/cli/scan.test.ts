import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guestFile, temporaryDirectory } from '../guest.js'
import { sen, senJson } from './sen.js'

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
