import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PermissionPresets, PluginLoader, PluginRegistry } from 'sen-plugin-host'
import { expect, onTestFinished, test } from 'vitest'
import { fault } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { moduleNames } from './module-names.js'

const guest = new URL('guest/build/preview1.wasm', import.meta.url)
const module = await readFile(guest)
const { manifest, instance } = await new PluginLoader().load(module)
const checks = manifest.command.subcommands.map(({ name }) => name)
instance.close()

/** Executes the guest with the files and variables that its checks expect. */
async function run(check: string) {
  const workingDirectory = await temporaryDirectory()
  for (const directory of ['data', 'other', 'read/sub'])
    await mkdir(join(workingDirectory, directory), { recursive: true })
  for (const file of ['read/file.txt', 'read/sub/file.txt'])
    await writeFile(join(workingDirectory, file), 'inside')
  const registry = new PluginRegistry({
    permissions: PermissionPresets.testing(),
    wasi: { workingDirectory, env: { GRANTED: 'yes', GRANTED_TOO: 'größer', SECRET: 'not to be seen' } },
  })
  onTestFinished(() => registry.close())
  await registry.loadPlugin(module)
  return await registry.execute('preview1', [check], { stdin: 'typed' })
}

test('the checks call every function of preview 1', async () => {
  const { imports } = await moduleNames(guest)
  expect(imports.filter(name => name.startsWith('wasi_snapshot_preview1.'))).toEqual(imports)
  expect(imports).toHaveLength(46)
})

test.each(checks)('%s', async check => {
  expect(await run(check)).toMatchObject({ type: 'success', output: 'ok' })
})

test('what a plugin writes to its standard streams comes with its result', async () => {
  expect(await run('stdout_and_stderr_are_written')).toMatchObject({
    stdout: 'to stdout\n',
    stderr: 'to stderr\n',
  })
})

test('a plugin that ends itself is a trap, not the end of the process', async () => {
  await fault('ERR_TRAP', run('exit'))
})
