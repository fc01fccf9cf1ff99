;; Declares `example.test` over http and asks for a page there; effect 7.
;; The host must answer ERR_PERMISSION_DENIED without a grant, Success "resumed" with one, whatever the effect's result.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\93\02\92\b0capabilities-net\acA test guest\94\90\90\90\91\93\acexample.test\c0\a4http")
  (data (i32.const 256) "\81\a6Effect\81\a7HttpGet\92\07\b4http://example.test/\81\a7Success\a7resumed")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000003a))

  (func (export "plugin_resume") (param $id i32) (param $ptr i32) (param $len i32) (result i64) (i64.const 0x128_00000011))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_00000028)))
