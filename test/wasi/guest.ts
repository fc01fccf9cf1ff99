import type { CapabilitiesInput } from 'sen-plugin-host'
import { compile } from '../guest.js'
import { data, manifest } from '../permissions/asking.js'

/** Where a guest has the text that it answers. */
export const TEXT = 0x2_0000

/** What is left of memory below a guest's text and after its manifest: scratch, and data of a test's own. */
export const DATA = 0x4000

const IMPORTS: Record<string, string> = {
  args_get: '(param i32 i32)',
  args_sizes_get: '(param i32 i32)',
  clock_time_get: '(param i32 i64 i32)',
  fd_fdstat_get: '(param i32 i32)',
  fd_prestat_dir_name: '(param i32 i32 i32)',
  fd_read: '(param i32 i32 i32 i32)',
  fd_write: '(param i32 i32 i32 i32)',
  path_filestat_get: '(param i32 i32 i32 i32 i32)',
  path_open: '(param i32 i32 i32 i32 i32 i64 i64 i32 i32)',
  poll_oneoff: '(param i32 i32 i32 i32)',
  random_get: '(param i32 i32)',
  sched_yield: '',
}

/**
 * A plugin for WASI that declares these capabilities, and runs `code` when it is executed: wat that leaves the length
 * of the answer, which it has put at `TEXT`. Instead of an answer there is an error with the first errno that was
 * given to `$check`. A call of `$read_file directory path length` reads a file to `TEXT`, `$read descriptor` what is
 * open. The memory at 1024 is scratch, and at `DATA` has the texts.
 */
export function wasiGuest(
  command: string,
  capabilities: CapabilitiesInput,
  code: string,
  texts = '',
): Promise<Uint8Array> {
  const described = manifest(command, capabilities)
  const imports = Object.entries(IMPORTS).map(
    ([name, parameters]) =>
      `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${parameters} (result i32)))`,
  )
  return compile(
    `(module
      ${imports.join('\n')}
      (memory (export "memory") 4)
      (data (i32.const 0x3000) "${data(described)}")
      (data (i32.const ${DATA}) "${data(Buffer.from(texts))}")
      (data (i32.const ${TEXT - 14}) "\\81\\a7Success\\db")
      (data (i32.const 512) "\\81\\a5Error\\92\\cc\\00\\a0")
      (global $errno (mut i32) (i32.const 0))
      (func $check (param $errno i32)
        (if (i32.eqz (global.get $errno)) (then (global.set $errno (local.get $errno)))))
      (func $read_file (param $directory i32) (param $path i32) (param $length i32) (result i32)
        (call $check (call $path_open
          (local.get $directory) (i32.const 1) (local.get $path) (local.get $length)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1024)))
        (call $read (i32.load (i32.const 1024))))
      (func $read (param $descriptor i32) (result i32)
        (i32.store (i32.const 1032) (i32.const ${TEXT}))
        (i32.store (i32.const 1036) (i32.const 4096))
        (call $check (call $fd_read (local.get $descriptor) (i32.const 1032) (i32.const 1) (i32.const 1040)))
        (i32.load (i32.const 1040)))
      (func (export "plugin_alloc") (param i32) (result i32) (i32.const 0x1_0000))
      (func (export "plugin_dealloc") (param i32 i32))
      (func (export "plugin_manifest") (result i64) (i64.const ${(0x3000n << 32n) | BigInt(described.length)}))
      (func (export "plugin_execute") (param i32 i32) (result i64) (local $length i32) (local $number i32)
        (local.set $length (block (result i32) ${code}))
        (if (global.get $errno) (then
          (i32.store8 (i32.const 521) (global.get $errno))
          (return (i64.const ${(512n << 32n) | 11n}))))
        ${[24, 16, 8, 0]
          .map(
            (shift, byte) =>
              `(i32.store8 (i32.const ${TEXT - 4 + byte}) (i32.shr_u (local.get $length) (i32.const ${shift})))`,
          )
          .join('\n')}
        (i64.or (i64.const ${BigInt(TEXT - 14) << 32n}) (i64.extend_i32_u (i32.add (local.get $length) (i32.const 14))))))`,
    command,
  )
}

/** A plugin that reads `file` of the first directory that it declares. */
export function reading(
  command: string,
  capabilities: CapabilitiesInput,
  file = 'file',
): Promise<Uint8Array> {
  const code = `(call $read_file (i32.const 3) (i32.const ${DATA}) (i32.const ${file.length}))`
  return wasiGuest(command, capabilities, code, file)
}
