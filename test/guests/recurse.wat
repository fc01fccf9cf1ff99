;; Calls itself without end.
;; The host must answer ERR_STACK_OVERFLOW.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\a7recurse\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000018))

  (func $deeper (param $depth i64) (result i64)
    (i64.add (call $deeper (i64.add (local.get $depth) (i64.const 1))) (local.get $depth)))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (call $deeper (i64.const 0))))
