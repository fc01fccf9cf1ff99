import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guestFile, guestFiles, slowToCompile, temporaryDirectory } from '../guest.js'
import { rounds } from './rounds.js'

const names = ['computing', 'loading', 'sleeping in WASI', 'waiting for an effect', 'prompting', 'watching']
const situations = names.length
/** With that in Workers, which comes last. */
const exits = situations + 1
const slow = slowToCompile('slow')

describe.each(names)('a process in the middle of %s', situation => {
  test('ends by process.exit() with that code, and prints nothing', async () => {
    await rounds(
      'in-the-middle.mjs',
      [situation, 'exit', await directoryOfGuests()],
      ended => expect(ended).toEqual({ code: 7, signal: null, stdout: '', stderr: '' }),
      { situations: exits },
    )
  })

  test.each(['throw', 'reject'])('ends by what nobody handles, and reports it: %s', async end => {
    await rounds(
      'in-the-middle.mjs',
      [situation, end, await directoryOfGuests()],
      ({ code, signal, stdout, stderr }) => {
        expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' })
        expect(stderr).toContain('Error: nobody handles this')
      },
      { situations },
    )
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends by %s, and prints nothing', async name => {
    await rounds(
      'in-the-middle.mjs',
      [situation, 'wait', await directoryOfGuests()],
      ended => expect(ended).toEqual({ code: null, signal: name, stdout: 'begun\n', stderr: '' }),
      {
        situations,
        onOutput: (stdout, kill) => {
          if (stdout === 'begun\n') kill(name)
        },
      },
    )
  })

  test('is as it was when Workers are terminated there', async () => {
    await rounds(
      'terminate.mjs',
      [situation, await directoryOfGuests()],
      ended => expect(ended).toEqual({ code: 0, signal: null, stdout: 'still here\n', stderr: '' }),
      { situations },
    )
  })
})

test('a process ends by process.exit() while Workers are in the middle of calls as well', async () => {
  const path = await guestFile(await temporaryDirectory(), 'forever')
  await rounds(
    'exit-in-workers.mjs',
    [path],
    ended => expect(ended).toEqual({ code: 7, signal: null, stdout: '', stderr: '' }),
    { situations: exits },
  )
})

async function directoryOfGuests(): Promise<string> {
  const directory = await guestFiles(
    'echo',
    'forever',
    'wasi-sleep',
    'effect-sleep',
    'effect-sleep-hour',
    'capabilities-fs',
  )
  await writeFile(join(directory, 'slow.wasm'), await slow)
  return directory
}
