import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { put } from '../watching.js'
import { startSen } from './sen.js'

describe('sen watch', () => {
  test('shows what is loaded, reloaded, unloaded or fails, with the time it took', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'a.wasm')
    await put(path, 'a', 'one')
    const running = startSen(['watch', '--debounce', '20ms', directory])
    await running.wrote('loaded')
    await put(path, 'a', 'two')
    await running.wrote('reloaded')
    await writeFile(path, 'not wasm')
    await running.wrote('a stays as it was (ERR_INVALID_MODULE)')
    await rm(path)
    await running.wrote('unloaded')
    running.child.kill('SIGINT')
    const { code, stdout, stderr } = await running.ended
    expect(code).toBe(130)
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^loaded {3}a .*a\.wasm \([\d.]+ ms\)$/),
      expect.stringMatching(/^reloaded a .*a\.wasm \([\d.]+ ms\)$/),
      expect.stringMatching(/^unloaded a .*a\.wasm$/),
    ])
    expect(stderr).toMatch(/^note: 1 command in .*\nerror: .*a\.wasm: /)
  })

  test('prints one event a line as JSON, of a directory that is not there yet', async () => {
    const directory = join(await temporaryDirectory(), 'later')
    const running = startSen(['watch', '--json', '--poll', '--debounce', '20', directory])
    await running.wrote('note: 0 commands')
    const { mkdir } = await import('node:fs/promises')
    await mkdir(directory)
    await put(join(directory, 'a.wasm'), 'a', 'one')
    await running.wrote('"loaded"')
    await writeFile(join(directory, 'b.wasm'), 'not wasm')
    await running.wrote('ERR_INVALID_MODULE')
    running.child.kill('SIGTERM')
    const { code, stdout } = await running.ended
    expect(code).toBe(143)
    const [loaded, failed] = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(loaded).toMatchObject({ type: 'loaded', path: join(directory, 'a.wasm'), command: 'a' })
    expect(loaded.durationMs).toBeGreaterThan(0)
    expect(failed).toMatchObject({ type: 'failed', error: { code: 'ERR_INVALID_MODULE' } })
  })
})
