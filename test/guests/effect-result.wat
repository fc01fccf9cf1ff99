;; Asks for a page without having declared the capability, and says what came of it; traps if it is resumed under
;; another id than its own, 4,294,967,294.
;; The host must answer Success "error" where it refuses; "http" or "sleep" where that is the effect's result.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\adeffect-result\acA test guest")
  (data (i32.const 256) "\81\a6Effect\81\a7HttpGet\92\ce\ff\ff\ff\fe\b4http://example.test/\81\a7Success\a4http\81\a7Success\a5error\81\a7Success\a5sleep")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001e))

  ;; "SleepComplete" is a text of 13 bytes; the others are maps of one entry, with keys of four bytes and of five.
  (func (export "plugin_resume") (param $id i32) (param $ptr i32) (param $len i32) (result i64)
    (if (i32.ne (local.get $id) (i32.const 0xfffffffe)) (then (unreachable)))
    (if (i32.eq (i32.load8_u (local.get $ptr)) (i32.const 0xad)) (then (return (i64.const 0x149_0000000f))))
    (if (i32.eq (i32.load8_u offset=1 (local.get $ptr)) (i32.const 0xa4)) (then (return (i64.const 0x12c_0000000e))))
    (if (i32.eq (i32.load8_u offset=1 (local.get $ptr)) (i32.const 0xa5)) (then (return (i64.const 0x13a_0000000f))))
    (unreachable))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000002c)))
