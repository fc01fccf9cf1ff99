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
