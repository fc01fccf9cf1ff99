import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { answering, temporaryDirectory } from './guest.js'
import { runProgram } from './system.js'
import { put, Watching } from './watching.js'

const PLUGINS = 10_000
const KIB = 2 ** 10

/** Makes so many tiny plugins, each another module with a command of its own, called as its file is. */
async function makePlugins(count: number, directoryOf: (index: number) => string): Promise<void> {
  // Compiled once: the name is as long for all of them.
  const module = Buffer.from(await answering('p00000', 'ok'))
  const at = module.indexOf('p00000')
  for (let index = 0; index < count; index += 1) {
    const name = `p${String(index).padStart(5, '0')}`
    module.write(name, at)
    await writeFile(join(directoryOf(index), `${name}.wasm`), module)
  }
}

test('10,000 plugins of a directory are all found, with bounded memory and threads', {
  timeout: 300_000,
}, async () => {
  const directory = await temporaryDirectory()
  await makePlugins(PLUGINS, () => directory)
  const cache = await temporaryDirectory()
  const { code, stdout, stderr } = await runProgram('watch-many.mjs', [directory, cache], {
    timeoutMs: 280_000,
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { before, scanned, watched } = JSON.parse(stdout)
  const all = { plugins: PLUGINS, failures: [] }
  expect(scanned).toMatchObject(all)
  expect(watched).toMatchObject({ ...all, output: 'ok' })
  console.log(`${PLUGINS} plugins: ${stdout.trimEnd()}`)
  for (const { resident, threads } of [scanned, watched]) {
    // Both hold all of them by then: the scanner's, and the registry's.
    expect(resident - before.resident).toBeLessThan(2 * PLUGINS * 64 * KIB)
    // Compiling, executing, looking, and one that waits for what the system tells.
    expect(threads - before.threads).toBeLessThanOrEqual(3 * availableParallelism() + 4)
  }
})

test('a thousand plugins are followed', { timeout: 120_000 }, async () => {
  const directory = await temporaryDirectory()
  await makePlugins(1000, () => directory)
  const watching = await Watching.start(directory)
  await watching.until(() => watching.events.length === 1000)
  watching.events.length = 0
  await put(join(directory, 'p00500.wasm'), 'p00500', 'two')
  await watching.expect('reloaded p00500.wasm')
})

test('100 plugins in five directories that nobody touches wake no thread between two looks', async () => {
  const root = await temporaryDirectory()
  const directories = Array.from({ length: 5 }, (_, index) => join(root, `${index}`))
  for (const directory of directories) await mkdir(directory)
  await makePlugins(100, index => directories[index % 5] ?? '')
  const { code, stdout } = await runProgram('watch-idle.mjs', directories)
  expect(code).toBe(0)
  const { plugins, wakeUps } = JSON.parse(stdout)
  expect(plugins).toBe(100)
  // The timer that ends a second is one. A look at everything is some two hundred.
  expect(wakeUps).toBeLessThan(25)
})
