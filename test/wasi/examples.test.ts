import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PermissionPresets, PluginRegistry } from 'sen-plugin-host'
import { expect, onTestFinished, test } from 'vitest'
import { plugin, temporaryDirectory } from '../guest.js'

/** A registry with one of the example plugins, which works in a directory of its own. */
async function started(name: string, env: Record<string, string> = {}) {
  const workingDirectory = await temporaryDirectory()
  for (const directory of ['data', 'out']) await mkdir(join(workingDirectory, directory))
  const registry = new PluginRegistry({
    permissions: PermissionPresets.testing(),
    wasi: { workingDirectory, env },
  })
  onTestFinished(() => registry.close())
  const file = (path: string) => join(workingDirectory, path)
  await writeFile(file('data/hello.txt'), 'Hello, file!')
  await writeFile(file('ungranted.txt'), 'not to be seen')
  await registry.loadPlugin(plugin(name))
  return { registry, file }
}

test('cat reads what is below ./data, which it sees as /data', async () => {
  const { registry, file } = await started('cat')
  await mkdir(file('data/sub'))
  await writeFile(file('data/sub/more.txt'), ' More.')
  expect(await registry.execute('cat', ['hello.txt', '/data/sub/more.txt'])).toMatchObject({
    type: 'success',
    output: 'Hello, file! More.',
  })
})

test.each(['../ungranted.txt', '/ungranted.txt', '/etc/passwd', 'missing.txt'])(
  'cat has an error for %s, and nothing of it',
  async path => {
    const { registry } = await started('cat')
    expect(await registry.execute('cat', [path])).toMatchObject({ type: 'error', code: 1 })
  },
)

test('env sees the variables that it declares, and no others', async () => {
  const { registry } = await started('env', {
    LANG: 'C',
    LANGUAGE: 'en',
    GREETING_EARLY: 'Good morning',
    GREETING_LATE: 'Good night',
    SECRET: 'not to be seen',
  })
  expect(await registry.execute('env', [])).toMatchObject({
    type: 'success',
    output: 'GREETING_EARLY=Good morning\nGREETING_LATE=Good night\nLANG=C',
  })
  expect(await registry.execute('env', ['SECRET'])).toMatchObject({ type: 'error', code: 1 })
})

test('tee writes a file of ./out, and what it reads goes to its output', async () => {
  const { registry, file } = await started('tee')
  const written = { type: 'success', stdout: 'some text\n', stderr: '10 bytes\n' }
  expect(await registry.execute('tee', ['x.txt'], { stdin: 'some text\n' })).toMatchObject(written)
  expect(await registry.execute('tee', ['-a', 'x.txt'], { stdin: 'some text\n' })).toMatchObject(written)
  expect(await readFile(file('out/x.txt'), 'utf8')).toBe('some text\nsome text\n')
})

test('tee writes nothing in a subdirectory of ./out, which it did not ask for', async () => {
  const { registry, file } = await started('tee')
  await mkdir(file('out/sub'))
  expect(await registry.execute('tee', ['sub/x.txt'], { stdin: 'text' })).toMatchObject({
    type: 'error',
    code: 1,
  })
  await expect(readFile(file('out/sub/x.txt'))).rejects.toMatchObject({ code: 'ENOENT' })
})
