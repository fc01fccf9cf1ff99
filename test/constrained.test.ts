import { describe, expect, test } from 'vitest'
import { guestFile, temporaryDirectory } from './guest.js'
import { runProgram } from './system.js'

// Node 20 has the flag under its first name.
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'
const { platform, arch } = process

describe('in a Node with the permission model', () => {
  const flags = [permission, '--allow-fs-read=*', '--allow-fs-write=*']

  test('that allows no addons, the error says so', async () => {
    const { code, stdout } = await runProgram('elsewhere.mjs', [platform, arch], { flags })
    expect({ code, error: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      error: { code: 'ERR_UNSUPPORTED_PLATFORM', details: { platform, arch, reason: 'addons-disabled' } },
    })
  })

  test('that allows addons, plugins run', async () => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const { code, stdout } = await runProgram('idle.mjs', [path], { flags: [...flags, '--allow-addons'] })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' })
  })
})

// Linux has such limits for everybody.
describe.runIf(platform === 'linux')('in a process that may have little', () => {
  test.each([3_000_000, 4_194_304])('address space, %i KiB: plugins run', async limit => {
    const path = await guestFile(await temporaryDirectory(), 'echo')
    const within = ['sh', '-c', `ulimit -v ${limit} && exec "$@"`, 'sh']
    const { code, stdout, stderr } = await runProgram('idle.mjs', [path], { within })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  })

  test('no thread more: what needs one says that there is no room, and the rest goes on', async () => {
    const { code, stdout, stderr } = await runIn('few-threads.mjs', [])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { short, ...rest } = JSON.parse(stdout)
    expect(rest).toEqual({
      loaded: ['echo', 'forever'],
      sync: 'x',
      long: expect.stringMatching(/^ERR_(FUEL_EXHAUSTED|BUSY)$/),
    })
    // Those for which this turn of the event loop has no time left need a thread.
    for (const outcome of short) expect(outcome).toMatch(/^(x|ERR_BUSY)$/)
  })

  test('no file more: what needs one says so, the rest goes on, and all is well again afterwards', async () => {
    const { code, stdout, stderr } = await runIn('few-descriptors.mjs', [
      'sh',
      '-c',
      'ulimit -n 200 && exec "$@"',
      'sh',
    ])
    // A watcher that gets nothing to watch with looks by itself, and warns.
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('SEN_WATCH_POLLING') })
    const { without, afterwards } = JSON.parse(stdout)
    expect(without).toMatchObject({ loaded: 'EMFILE', executed: 'x' })
    expect(afterwards).toEqual({ loaded: 'forever', executed: 'x', watched: 2 })
  })
})

async function runIn(program: string, within: readonly string[]) {
  const directory = await temporaryDirectory()
  for (const name of ['echo', 'forever']) await guestFile(directory, name)
  return runProgram(program, [directory], { within })
}
