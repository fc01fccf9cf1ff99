;; Its result begins in the middle of its arguments and ends beyond them.
;; The host must answer Success "ok".
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b9result-overlaps-arguments\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000002a))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (local.set $ptr (i32.add (local.get $ptr) (i32.shr_u (local.get $len) (i32.const 1))))
    (memory.copy (local.get $ptr) (i32.const 256) (i32.const 12))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32)) (i64.const 12))))
