;; Traps two calls deep, in functions whose names stand in the name section: `outer_step`, `inner_step`.
;; The host must answer ERR_TRAP (unreachable) with both names in the backtrace.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b0trap-unreachable\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000021))

  (func $inner_step (result i64)
    (unreachable))

  (func $outer_step (result i64)
    (call $inner_step))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (call $outer_step)))
