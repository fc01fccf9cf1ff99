;; Its manifest has a key that nobody knows, whose value is arrays 200,000 deep, written when it is asked for.
;; The host must answer ERR_DECODE.
(module
  (memory (export "memory") 5)

  (data (i32.const 16) "\83\abapi_version\02\a7command\92\admanifest-deep\acA test guest\a4deep")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64)
    (memory.fill (i32.const 65607) (i32.const 0x91) (i32.const 200000))
    (memory.copy (i32.const 65552) (i32.const 16) (i32.const 55))
    (i32.store8 (i32.const 265607) (i32.const 0xc0))
    (i64.const 0x10010_00030d78))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000000c)))
