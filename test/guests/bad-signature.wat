;; Calls an entry of its table as a function of another type.
;; The host must answer ERR_TRAP (indirect call type mismatch).
(module
  (memory (export "memory") 1)

  (type $execute (func (param i32 i32) (result i64)))
  (table 1 funcref)
  (elem (i32.const 0) $other)
  (func $other (param f32))

  (data (i32.const 16) "\92\02\92\adbad-signature\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001e))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (call_indirect (type $execute) (local.get $ptr) (local.get $len) (i32.const 0))))
