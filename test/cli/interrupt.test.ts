import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { guest, temporaryDirectory } from '../guest.js'
import { startSen, startSenOnTerminal } from './sen.js'

const endless = ['--fuel', '18446744073709551615', '--timeout', '60000']

/**
 * Options for a directory whose plugin runs for ever. Of another file there sen says that it is no
 * plugin, and the next thing it does is to run the command.
 */
async function endlessPlugin(): Promise<{ options: string[]; note: string }> {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'broken.wasm'), 'not wasm')
  await writeFile(join(directory, 'loop.wasm'), await guest('forever'))
  return { options: [...endless, '--plugins', directory], note: 'ERR_INVALID_MODULE' }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s stops a plugin that runs for ever, and sen ends with %d', async (signal, exitCode) => {
  const { options, note } = await endlessPlugin()
  const running = startSen(['run', ...options, 'forever'])
  await running.wrote(note)
  running.child.kill(signal)
  expect(await running.ended).toMatchObject({ code: exitCode, stdout: '' })
})

test('Ctrl-C on a terminal stops a plugin that runs for ever, and sen ends with 130', async () => {
  const { options, note } = await endlessPlugin()
  const running = startSenOnTerminal(['run', ...options, 'forever'])
  await running.wrote(note)
  running.child.stdin?.write('\x03')
  expect(await running.ended).toMatchObject({ code: 130 })
})

test('SIGINT ends a shell that reads from a pipe with 130', async () => {
  const { options, note } = await endlessPlugin()
  const running = startSen(['repl', ...options], { input: 'forever\nforever\n' })
  await running.wrote(note)
  running.child.kill('SIGINT')
  expect(await running.ended).toMatchObject({ code: 130 })
})
