;; Opens the directory that it was granted until it is told that there is no more, then asks for an effect: with all of it open.
;; When it is resumed, it answers an error with the errno that it was told.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))

  (memory (export "memory") 1)

  (data (i32.const 16) "\93\02\92\aewasi-open-many\acA test guest\91\91\92\a6./data\c3")
  (data (i32.const 256) "\81\a6Effect\81\a5Sleep\92\01\00")
  (data (i32.const 320) "\81\a5Error\92\cc\00\a0")
  (data (i32.const 512) ".")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000002a))

  (func (export "plugin_execute") (param i32 i32) (result i64)
    (local $errno i32)
    (loop $again
      (local.set $errno
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 2) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 640)))
      (br_if $again (i32.eqz (local.get $errno))))
    (i32.store8 (i32.const 329) (local.get $errno))
    (i64.const 0x100_00000012))

  (func (export "plugin_resume") (param i32 i32 i32) (result i64)
    (i64.const 0x140_0000000b)))
