;; Leaves a mark in memory, in a global and in a table, and says whether it found one of an earlier call.
;; The host must answer Success "clean" from every pristine instance, "dirty" from the second call of a live one on.
(module
  (memory (export "memory") 1)

  (global $mark (mut i32) (i32.const 0))
  (table $table 1 funcref)
  (elem declare func $marked)
  (func $marked)

  (data (i32.const 16) "\92\02\92\a5dirty\acA test guest")
  (data (i32.const 256) "\81\a7Success\a5clean\81\a7Success\a5dirty")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000016))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (local $found i32)
    (local.set $found
      (i32.or
        (i32.or (i32.load (i32.const 512)) (global.get $mark))
        (i32.eqz (ref.is_null (table.get $table (i32.const 0))))))
    (i32.store (i32.const 512) (i32.const 1))
    (global.set $mark (i32.const 1))
    (table.set $table (i32.const 0) (ref.func $marked))
    (select (i64.const 0x10f_0000000f) (i64.const 0x100_0000000f) (local.get $found))))
