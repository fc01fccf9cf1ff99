;; Asks for a page without having declared the capability; effect 7, as a positional array.
;; The host must answer Success "resumed" whatever the effect's result, a refusal of the host included.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\abeffect-http\acA test guest")
  (data (i32.const 256) "\81\a6Effect\81\a7HttpGet\92\07\b4http://example.test/\81\a7Success\a7resumed")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001c))

  (func (export "plugin_resume") (param $id i32) (param $ptr i32) (param $len i32) (result i64) (i64.const 0x128_00000011))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_00000028)))
