import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { guestFile, slowToCompile, temporaryDirectory } from './guest.js'
import { type Ended, program, runProgram } from './system.js'

// Faults at the end of a process are rare ones: `npm run soak` makes each a thousand times.
const ROUNDS = Number(process.env.SEN_SOAK_ROUNDS ?? 2)
/** After so long a process hangs. One of a soak may have been suspended with all of it, for minutes. */
const PATIENCE_MS = process.env.SEN_SOAK_ROUNDS === undefined ? 20_000 : 900_000
/** Processes at once. */
const AT_ONCE = 2

vi.setConfig({ testTimeout: 10_000 + PATIENCE_MS + ROUNDS * 5_000 })

const guests = [
  'echo',
  'forever',
  'wasi-sleep',
  'effect-sleep',
  'effect-sleep-hour',
  'capabilities-fs',
  'out-of-bounds',
  'trap-unreachable',
  'divide-by-zero',
  'recurse',
]

const situations = [
  'computing',
  'loading',
  'sleeping in WASI',
  'waiting for an effect',
  'prompting',
  'watching',
]

describe.each(situations)('a process in the middle of %s', situation => {
  test('ends by process.exit() with that code, and prints nothing', async () => {
    await rounds(
      directory => runPatiently('in-the-middle.mjs', [situation, 'exit', directory]),
      ended => expect(ended).toEqual({ code: 7, signal: null, stdout: '', stderr: '' }),
    )
  })

  test.each(['throw', 'reject'])('ends by what nobody handles, and reports it: %s', async end => {
    await rounds(
      directory => runPatiently('in-the-middle.mjs', [situation, end, directory]),
      ({ code, signal, stdout, stderr }) => {
        expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' })
        expect(stderr).toContain('Error: nobody handles this')
      },
    )
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends by %s, and prints nothing', async name => {
    await rounds(
      directory =>
        runProgram('in-the-middle.mjs', [situation, 'wait', directory], {
          timeoutMs: PATIENCE_MS,
          onOutput: (stdout, kill) => {
            if (stdout === 'begun\n') kill(name)
          },
        }),
      ended => expect(ended).toEqual({ code: null, signal: name, stdout: 'begun\n', stderr: '' }),
    )
  })
})

test.each(situations)(
  'Workers that are terminated in the middle of %s leave the process as it was',
  async situation => {
    const directory = await directoryOfGuests()
    const args = [situation, `${ROUNDS}`, directory]
    const ended = await runProgram('terminate.mjs', args, { timeoutMs: PATIENCE_MS + ROUNDS * 5_000 })
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'still here\n', stderr: '' })
  },
)

test('a process whose callbacks throw goes on, and so do its calls', async () => {
  await rounds(
    directory => runPatiently('throwing-callbacks.mjs', [directory]),
    ({ code, stdout, stderr }) => {
      const { uncaught, ...rest } = JSON.parse(stdout)
      expect({ code, stderr, rest }).toMatchObject({
        code: 0,
        stderr: '',
        rest: { ended: ['AbortError', expect.any(String)], outputs: ['x', 'y'] },
      })
      expect(uncaught).toBeGreaterThanOrEqual(20)
    },
  )
})

test("a cluster's workers end as they should, each in its own way", async () => {
  await rounds(
    directory => runPatiently('cluster.mjs', [directory]),
    ({ code, stdout, stderr }) => {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(JSON.parse(stdout)).toEqual([
        { answered: true, code: 0, signal: null },
        { answered: true, code: null, signal: 'SIGTERM' },
        { answered: true, code: 7, signal: null },
      ])
    },
  )
})

describe('beside an addon that handles the signals of faults and passes them on', () => {
  test.each(['handler', 'host'])('guests trap as ever: %s first', async first => {
    const addon = join(await temporaryDirectory(), 'handler.node')
    const arguments_ = ['-shared', '-fPIC', '-Wall', '-Werror', '-o', addon, program('signal-handler.c')]
    await promisify(execFile)('cc', arguments_)
    const codes = ['ERR_TRAP', 'ERR_TRAP', 'ERR_TRAP', 'ERR_STACK_OVERFLOW'].flatMap(code => [
      code,
      code,
      code,
    ])
    await rounds(
      directory => runPatiently('beside-handler.mjs', [first, addon, directory]),
      ({ code, signal, stdout }) => {
        expect({ code, signal }).toEqual({ code: 0, signal: null })
        for (const caught of JSON.parse(stdout)) expect(caught).toEqual(codes)
      },
    )
  })
})

function runPatiently(name: string, args: readonly string[]): Promise<Ended> {
  return runProgram(name, args, { timeoutMs: PATIENCE_MS })
}

/** Runs a program so many times, each time in a directory with the guests, and looks at how it ended. */
async function rounds(
  run: (directory: string) => Promise<Ended>,
  look: (ended: Ended) => void,
): Promise<void> {
  const directory = await directoryOfGuests()
  let left = ROUNDS
  const runner = async () => {
    while (left > 0) {
      left -= 1
      look(await run(directory))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runner))
}

async function directoryOfGuests(): Promise<string> {
  const directory = await temporaryDirectory()
  for (const name of guests) await guestFile(directory, name)
  await writeFile(join(directory, 'slow.wasm'), await slowToCompile('slow'))
  return directory
}
