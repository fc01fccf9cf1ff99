import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CapabilitiesInput } from 'sen-plugin-host'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../guest.js'
import { runProgram } from '../system.js'
import { TEXT, wasiGuest } from './guest.js'

const CHUNK = 65_536

/** A file with a guest that writes this many zeros to its standard output. */
async function flooding(bytes: number): Promise<string> {
  const stdout: CapabilitiesInput = { stdio: { stdout: true } }
  const code = `
    (i32.store (i32.const 1024) (i32.const ${TEXT}))
    (i32.store (i32.const 1028) (i32.const ${CHUNK}))
    (loop $more
      (call $check (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $number) (i32.const ${bytes / CHUNK}))))
    (i32.const 0)`
  const path = join(await temporaryDirectory(), 'flood.wasm')
  await writeFile(path, await wasiGuest('flood', stdout, code))
  return path
}

/** Where the memory of a guest is zero: a list of pieces without bytes, or bytes to be written. */
const ZEROS = 0x3_8000
/** Where a list of one long piece is. */
const LONG = 1040

/** A file with a guest that does this so many times, and then what `end` says. */
async function repeating(name: string, count: number, code: string, end = '(i32.const 0)'): Promise<string> {
  const streams: CapabilitiesInput = { stdio: { stdout: true, stderr: true } }
  const loop = `
    (i32.store (i32.const 1024) (i32.const ${ZEROS}))
    (i32.store (i32.const 1028) (i32.const 1))
    (i32.store (i32.const ${LONG}) (i32.const ${TEXT}))
    (i32.store (i32.const ${LONG + 4}) (i32.const ${CHUNK}))
    (loop $more
      ${code}
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $number) (i32.const ${count}))))
    ${end}`
  const path = join(await temporaryDirectory(), `${name}.wasm`)
  await writeFile(path, await wasiGuest(name, streams, loop))
  return path
}

/** Writes so many pieces of a list to a descriptor. */
const write = (descriptor: number, list: number, pieces: number) =>
  `(call $check (call $fd_write (i32.const ${descriptor}) (i32.const ${list}) (i32.const ${pieces}) (i32.const 1032)))`
/** A byte to one stream and a byte to the other: pieces that cannot be passed on together. */
const ALTERNATING = write(1, 1024, 1) + write(2, 1024, 1)

/** Runs the program with its standard output in the hands of a shell's command. */
const into = (command: string) => ['sh', '-c', `{ "$@"; echo "exit $?" >&2; } | ${command}`, 'sh']

describe('standard output of the process, where a plugin’s is passed on', () => {
  test('is got in full by who reads it slowly', async () => {
    const { stdout, stderr } = await runProgram('wasi-run.mjs', [await flooding(4 * 2 ** 20)], {
      within: into('{ sleep 1; wc -c; }'),
    })
    expect(Number(stdout)).toBe(4 * 2 ** 20)
    expect(stderr).toContain('"type":"success"')
  })

  test('bounds what waits for one who does not read, and a plugin that writes on meets its deadline', async () => {
    const limits = JSON.stringify({ timeoutMs: 500, fuel: Number.MAX_SAFE_INTEGER })
    const { stderr } = await runProgram('wasi-run.mjs', [await flooding(2 ** 30), limits], {
      within: into('{ sleep 2; cat >/dev/null; }'),
    })
    const [ended, ...more] = stderr.trimEnd().split('\n')
    const { peakMemoryBytes, ...outcome } = JSON.parse(ended ?? '')
    expect({ outcome, more }).toEqual({ outcome: { code: 'ERR_DEADLINE_EXCEEDED' }, more: ['exit 0'] })
    expect(peakMemoryBytes).toBeLessThan(200 * 2 ** 20)
  })

  test('takes millions of pieces without a byte, and a byte at a time, for what they are', async () => {
    const [empty, single] = [20_000, 300_000]
    const none = await runProgram('wasi-run.mjs', [await repeating('none', empty, write(1, ZEROS, 1024))])
    const limits = JSON.stringify({ timeoutMs: 10_000, fuel: Number.MAX_SAFE_INTEGER })
    const each = await runProgram(
      'wasi-run.mjs',
      [await repeating('each', single, write(1, 1024, 1)), limits],
      { within: into('{ sleep 1; wc -c; }') },
    )
    expect([none.stdout, Number(each.stdout)]).toEqual(['', single])
    for (const { stderr } of [none, each]) {
      const { peakMemoryBytes, ...outcome } = JSON.parse(stderr.split('\n')[0] ?? '')
      expect(outcome).toEqual({ type: 'success', output: '' })
      expect(peakMemoryBytes).toBeLessThan(200 * 2 ** 20)
    }
  })

  test('has all that a plugin wrote before it failed, when the process ends by itself', async () => {
    const path = await repeating('fail', 3_000, ALTERNATING, 'unreachable')
    const { stdout, stderr } = await runProgram('wasi-run.mjs', [path], { within: into('wc -c') })
    expect(stderr).toContain('"code":"ERR_TRAP"')
    expect([Number(stdout), stderr.replaceAll(/[^\0]/g, '').length]).toEqual([3_000, 3_000])
  })

  test('keeps no execution waiting that is over, while another goes on writing', async () => {
    const endless = await repeating('endless', 2 ** 31, ALTERNATING)
    const { stdout } = await runProgram(
      'wasi-beside.mjs',
      [endless, await repeating('brief', 1, write(2, 1024, 1))],
      {
        within: ['sh', '-c', '"$@" 2>/dev/null | tr -d "\\0"', 'sh'],
      },
    )
    expect(stdout).toBe('1 executes, AbortError\n')
  })

  test('goes on where a program has put a `write` of its own in its place, that throws or calls nobody back', async () => {
    const path = await repeating('much', 64, write(1, 1024, 1) + write(1, LONG, 1), '(i32.const 0)')
    for (const how of ['silent', 'throws']) {
      const { stdout } = await runProgram('wasi-replaced.mjs', [path, how])
      expect(stdout).toBe('success\n')
    }
  })

  test('may be closed: what is written then is lost, the plugin’s call and the program go on', async () => {
    const limits = JSON.stringify({ timeoutMs: 500 })
    const { stderr } = await runProgram('wasi-run.mjs', [await flooding(2 ** 30), limits], {
      within: into('true'),
    })
    const [ended, exit, ...more] = stderr.trimEnd().split('\n')
    expect({ exit, more }).toEqual({ exit: 'exit 0', more: [] })
    const { peakMemoryBytes, ...outcome } = JSON.parse(ended ?? '')
    expect([{ type: 'success', output: '' }, { code: 'ERR_DEADLINE_EXCEEDED' }]).toContainEqual(outcome)
    expect(peakMemoryBytes).toBeLessThan(200 * 2 ** 20)
  })
})

test('standard input that several executions read gives each byte to one of them, and none is told to try again', async () => {
  const path = join(await temporaryDirectory(), 'read.wasm')
  await writeFile(path, await wasiGuest('read', { stdio: { stdin: true } }, '(call $read (i32.const 0))'))
  const typing = ['sh', '-c', '{ for each in 1 2 3 4 5 6 7 8; do printf x; sleep 0.1; done; } | "$@"', 'sh']
  const { stdout } = await runProgram('wasi-share.mjs', [path], { within: typing })
  expect(stdout).toMatch(/^x*( x*){7}\n$/)
  expect(stdout.match(/x/g)).toHaveLength(8)
})
