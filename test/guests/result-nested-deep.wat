;; Asks for a sleep with a key that nobody knows, whose value is arrays 200,000 deep.
;; The host must answer ERR_DECODE.
(module
  (memory (export "memory") 5)

  (data (i32.const 16) "\92\02\92\b2result-nested-deep\acA test guest")
  (data (i32.const 256) "\81\a6Effect\81\a5Sleep\83\a2id\01\abduration_ms\01\a4deep")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000023))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (memory.copy (i32.const 65536) (i32.const 256) (i32.const 38))
    (memory.fill (i32.const 65574) (i32.const 0x91) (i32.const 200000))
    (i32.store8 (i32.const 265574) (i32.const 0xc0))
    (i64.const 0x10000_00030d67)))
