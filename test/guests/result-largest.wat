;; Its result takes 4 MiB to the byte.
;; The host must answer Success with a text of 4,194,290 NUL characters.
(module
  (memory (export "memory") 66)

  (data (i32.const 65536) "\81\a7Success\db\00?\ff\f2")

  (data (i32.const 16) "\92\02\92\aeresult-largest\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001f))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x10000_00400000)))
