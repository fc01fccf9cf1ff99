import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CapabilitiesInput, PermissionPresets, PluginRegistry } from 'sen-plugin-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fault, faultSync } from '../fault.js'
import { temporaryDirectory } from '../guest.js'
import { DATA, wasiGuest } from './guest.js'

const TIMEOUT_MS = 100
/** The bound on how much later a guest is stopped is 50 ms; the rest is for a machine that is busy. */
const LATE_MS = 50 + 450

const granted: CapabilitiesInput = {
  fsRead: [{ pattern: './data', recursive: true }],
  stdio: { stdin: true, stdout: true },
}
const piece =
  '(i32.store (i32.const 1024) (i32.const 0x1_8000)) (i32.store (i32.const 1028) (i32.const 0x8000))'
const path = `(i32.const ${DATA}) (i32.const 4)`
const open = (flags: number) =>
  `(call $path_open (i32.const 3) (i32.const 1) ${path} (i32.const ${flags}) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1040))`

/** What is called without end. Most of a call's time is the host's, which no fuel is taken for. */
const calls: Record<string, string> = {
  clock_time_get: '(drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1040)))',
  fd_fdstat_get: '(drop (call $fd_fdstat_get (i32.const 3) (i32.const 1040)))',
  'fd_read at the end': `${piece} (drop (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1032)))`,
  'fd_write of nothing':
    '(i32.store (i32.const 1028) (i32.const 0)) (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 1032)))',
  path_filestat_get: `(drop (call $path_filestat_get (i32.const 3) (i32.const 1) ${path} (i32.const 1040)))`,
  'path_open until there are no descriptors, and on': `(drop ${open(0)})`,
  'path_open of nothing': `(i32.store8 (i32.const ${DATA}) (i32.const 120)) (drop ${open(0)})`,
  'poll_oneoff of a millisecond': `
    (i32.store (i32.const 1040) (i32.const 1)) (i64.store (i32.const 1048) (i64.const 1000000))
    (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072)))`,
  'random_get of 128 KiB': '(drop (call $random_get (i32.const 0x1_8000) (i32.const 0x2_0000)))',
  sched_yield: '(drop (call $sched_yield))',
  'fd_read of 4 GiB at once': `
    (drop (memory.grow (i32.const 256)))
    (drop ${open(0)})
    (local.set $number (i32.const 0))
    (loop $pieces
      (i32.store (i32.add (i32.const 0x8000) (i32.mul (local.get $number) (i32.const 8))) (i32.const 0x4_0000))
      (i32.store (i32.add (i32.const 0x8004) (i32.mul (local.get $number) (i32.const 8))) (i32.const 0x100_0000))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $pieces (i32.lt_u (local.get $number) (i32.const 255))))
    (drop (call $fd_read (i32.load (i32.const 1040)) (i32.const 0x8000) (i32.const 255) (i32.const 1032)))`,
}

describe('a deadline holds for calls without end of', () => {
  test.each(Object.entries(calls))('%s', async (_, call) => {
    const workingDirectory = await temporaryDirectory()
    await mkdir(join(workingDirectory, 'data'))
    await writeFile(join(workingDirectory, 'data/file'), 'text')
    await truncate(join(workingDirectory, 'data/file'), 2 ** 33)
    const registry = new PluginRegistry({
      permissions: PermissionPresets.testing(),
      wasi: { workingDirectory },
      limits: { fuel: 2n ** 63n, timeoutMs: TIMEOUT_MS },
    })
    onTestFinished(() => registry.close())
    await registry.loadPlugin(
      await wasiGuest('again', granted, `(loop $again ${call} (br $again)) (i32.const 0)`, 'file'),
    )
    for (const error of [
      await fault('ERR_DEADLINE_EXCEEDED', registry.execute('again')),
      faultSync('ERR_DEADLINE_EXCEEDED', () => registry.executeSync('again')),
    ]) {
      expect(error.details.usage.durationMs).toBeLessThan(TIMEOUT_MS + LATE_MS)
    }
  })
})
