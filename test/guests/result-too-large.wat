;; Its result, valid and in its memory, takes 4 MiB and one byte.
;; The host must answer ERR_RESULT_TOO_LARGE.
(module
  (memory (export "memory") 66)

  (data (i32.const 65536) "\81\a7Success\db\00?\ff\f3")

  (data (i32.const 16) "\92\02\92\b0result-too-large\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000021))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x10000_00400001)))
