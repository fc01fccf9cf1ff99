;; Its allocator gives the same block each time, so the result is written over the arguments.
;; The host must answer Success "ok": the host copies in before the call and out after it.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b0same-block-alloc\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func $alloc (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000021))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (local $result i32)
    (local.set $result (call $alloc (i32.const 12)))
    (memory.copy (local.get $result) (i32.const 256) (i32.const 12))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $result)) (i64.const 32)) (i64.const 12))))
