import { mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { History, historyPath, MAX_LINES } from '../../src/cli/repl/history.js'
import { temporaryDirectory } from '../guest.js'
import { pipe } from '../system.js'

/** The lines of a history that is opened, gets some more, and is closed. */
async function keep(path: string, ...lines: string[]): Promise<readonly string[]> {
  const history = await History.open(path)
  for (const line of lines) history.add(line)
  await history.close()
  return history.lines
}

describe('the history of the shell', () => {
  test('is there the next time', async () => {
    const path = join(await temporaryDirectory(), 'sen', 'history')
    expect(await keep(path, 'greet Ada', '# a comment')).toEqual([])
    expect(await keep(path, 'hello')).toEqual(['greet Ada', '# a comment'])
    expect(await keep(path)).toEqual(['greet Ada', '# a comment', 'hello'])
  })

  test('belongs to the user alone', async () => {
    const path = join(await temporaryDirectory(), 'sen', 'history')
    await keep(path, 'greet Ada')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700)
  })

  test('is taken from others that could read it', async () => {
    const path = join(await temporaryDirectory(), 'history')
    await writeFile(path, 'greet Ada\n', { mode: 0o644 })
    await keep(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('has its last thousand lines', async () => {
    const path = join(await temporaryDirectory(), 'history')
    const lines = Array.from({ length: 3 * MAX_LINES }, (_, index) => `greet ${index}`)
    await writeFile(path, `${lines.join('\n')}\n`)
    expect(await keep(path, 'hello')).toEqual(lines.slice(-MAX_LINES))
    const kept = [...lines.slice(-MAX_LINES), 'hello']
    expect(await readFile(path, 'utf8')).toBe(`${kept.join('\n')}\n`)
  })

  test('keeps no line that is empty, very long, or would act on the terminal when it is recalled', async () => {
    const path = join(await temporaryDirectory(), 'history')
    const bad = ['', '   ', 'x'.repeat(5000), 'greet \x1b[2J', 'greet \u202e']
    await keep(path, ...bad)
    expect(await readFile(path, 'utf8')).toBe('')
    await writeFile(path, `${bad.join('\n')}\ngood\n`)
    expect(await keep(path)).toEqual(['good'])
  })

  test('is neither read from nor written to a link', async () => {
    const directory = await temporaryDirectory()
    const target = join(directory, 'target')
    await writeFile(target, 'secret\n')
    await symlink(target, join(directory, 'history'))
    await expect(History.open(join(directory, 'history'))).rejects.toMatchObject({ code: 'ELOOP' })
    expect(await readFile(target, 'utf8')).toBe('secret\n')
  })

  test('is no directory, no pipe, and no file that is longer than it could be', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'folder'))
    await pipe(join(directory, 'pipe'))
    await writeFile(join(directory, 'long'), '')
    await truncate(join(directory, 'long'), 2 ** 26)
    for (const [name, code] of [
      ['folder', 'EISDIR'],
      ['pipe', 'EINVAL'],
      ['long', 'EFBIG'],
    ] as const)
      await expect(History.open(join(directory, name))).rejects.toMatchObject({ code })
  })

  test('stands where XDG_STATE_HOME says, unless that is relative', () => {
    expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/sen/history')
    expect(historyPath({ XDG_STATE_HOME: 'state' })).toBe(historyPath({}))
    expect(historyPath({})).toMatch(/\/\.local\/state\/sen\/history$/)
  })
})
