import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { guestFile, guestFiles, temporaryDirectory } from '../guest.js'
import { rounds } from './rounds.js'

// Node 20 has the flag under its first name.
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'
const { platform, arch } = process

describe('in a Node with the permission model', () => {
  const flags = [permission, '--allow-fs-read=*', '--allow-fs-write=*']
  const root = fileURLToPath(new URL('../..', import.meta.url))

  test('that allows no addons, the error says so', async () => {
    await rounds(
      'elsewhere.mjs',
      [platform, arch],
      ({ code, stdout }) =>
        expect({ code, error: JSON.parse(stdout) }).toMatchObject({
          code: 0,
          error: { code: 'ERR_UNSUPPORTED_PLATFORM', details: { platform, arch, reason: 'addons-disabled' } },
        }),
      { flags },
    )
  })

  test('that allows to read the program, the package and its plugins alone, plugins run', async () => {
    const directory = await temporaryDirectory()
    const path = await guestFile(directory, 'echo')
    await rounds(
      'idle.mjs',
      [path],
      ({ code, stdout }) => expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' }),
      { flags: [permission, '--allow-addons', `--allow-fs-read=${root}*`, `--allow-fs-read=${directory}/*`] },
    )
  })

  test('that allows addons, plugins run', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    await rounds(
      'idle.mjs',
      [path],
      ({ code, stdout }) => expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' }),
      { flags: [...flags, '--allow-addons'] },
    )
  })
})

// Linux has such limits for everybody.
describe.runIf(platform === 'linux')('in a process that may have little', () => {
  const spaces = [3_000_000, 4_194_304]

  test.each(spaces)('address space, %i KiB: plugins run', async limit => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    await rounds(
      'idle.mjs',
      [path],
      ended => expect(ended).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' }),
      { situations: spaces.length, within: limited('-v', limit) },
    )
  })

  test('no thread more: what needs one says that there is no room, and the rest goes on', async () => {
    const directory = await guestFiles('echo', 'forever')
    await rounds('few-threads.mjs', [directory], ({ code, stdout, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('SEN_WATCH_POLLING') })
      const { short, ...rest } = JSON.parse(stdout)
      expect(rest).toEqual({
        loaded: ['echo', 'forever'],
        sync: 'x',
        long: expect.stringMatching(/^ERR_(FUEL_EXHAUSTED|BUSY)$/),
        late: 'ERR_DEADLINE_EXCEEDED',
        polls: true,
      })
      // Those for which this turn of the event loop has no time left need a thread.
      for (const outcome of short) expect(outcome).toMatch(/^(x|ERR_BUSY)$/)
    })
  })

  test('no file more: what needs one says so, the rest goes on, and all is well again afterwards', async () => {
    const directory = await guestFiles('echo', 'forever')
    await rounds(
      'few-descriptors.mjs',
      [directory],
      ({ code, stdout, stderr }) => {
        // A watcher that gets nothing to watch with looks by itself, and warns.
        expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('SEN_WATCH_POLLING') })
        const { without, afterwards } = JSON.parse(stdout)
        expect(without).toMatchObject({ loaded: 'EMFILE', executed: 'x' })
        expect(afterwards).toEqual({ loaded: 'forever', executed: 'x', watched: 2 })
      },
      { within: limited('-n', 200) },
    )
  })
})

/** Runs a program with a limit of the shell's. */
function limited(option: string, limit: number): string[] {
  return ['sh', '-c', `ulimit ${option} ${limit} && exec "$@"`, 'sh']
}
