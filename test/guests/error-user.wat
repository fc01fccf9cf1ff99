;; Answers a user's mistake.
;; The host must answer Error 1 "bad input".
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\aaerror-user\acA test guest")
  (data (i32.const 256) "\81\a5Error\82\a4code\01\a7message\a9bad input")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001b))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_00000020)))
