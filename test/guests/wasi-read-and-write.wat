;; Asks to read one directory and to write another, and answers the first four bytes of `file` in the first.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 1)

  (data (i32.const 16) "\93\02\92\b3wasi-read-and-write\acA test guest\92\91\92\a6./data\c3\91\92\a5./out\c3")
  (data (i32.const 256) "\81\a7Success\a4----")
  (data (i32.const 512) "file")
  ;; What is read goes to 266, four bytes of it.
  (data (i32.const 656) "\0a\01\00\00\04\00\00\00")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000038))

  (func (export "plugin_execute") (param i32 i32) (result i64)
    (if (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 640)))
      (then (drop (call $fd_read (i32.load (i32.const 640)) (i32.const 656) (i32.const 1) (i32.const 672)))))
    (i64.const 0x100_0000000e)))
