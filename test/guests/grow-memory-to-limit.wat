;; Asks for the rest of 64 MiB and says what came of it.
;; The host must answer Success "granted".
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b4grow-memory-to-limit\acA test guest")
  (data (i32.const 256) "\81\a7Success\a7refused\81\a7Success\a7granted")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000025))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (select
      (i64.const 0x100_00000011)
      (i64.const 0x111_00000011)
      (i32.eq (memory.grow (i32.const 1023)) (i32.const -1)))))
