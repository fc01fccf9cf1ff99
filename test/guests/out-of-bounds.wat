;; Reads beyond its memory.
;; The host must answer ERR_TRAP (memory out of bounds).
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\adout-of-bounds\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001e))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (i64.load (i32.const 0x7fffffff))))
