;; Loops for ever in `plugin_dealloc`.
;; The host must answer ERR_FUEL_EXHAUSTED where the call is made; Success "ok" where it is left out, as it may be on a pristine instance.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b2forever-in-dealloc\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32)
    (loop $again (br $again)))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000023))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000000c)))
