;; Sleeps for 0 ms, then again under the next id, without end.
;; The host must answer ERR_TOO_MANY_EFFECTS.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\aeeffect-forever\acA test guest")
  (data (i32.const 256) "\81\a6Effect\81\a5Sleep\82\abduration_ms\00\a2id\ce\00\00\00\00")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001f))

  ;; The effect's last four bytes are its id, big-endian.
  (func $sleep (param $id i32) (result i64)
    (i32.store8 (i32.const 289) (i32.shr_u (local.get $id) (i32.const 24)))
    (i32.store8 (i32.const 290) (i32.shr_u (local.get $id) (i32.const 16)))
    (i32.store8 (i32.const 291) (i32.shr_u (local.get $id) (i32.const 8)))
    (i32.store8 (i32.const 292) (local.get $id))
    (i64.const 0x100_00000025))

  (func (export "plugin_resume") (param $id i32) (param $ptr i32) (param $len i32) (result i64)
    (call $sleep (i32.add (local.get $id) (i32.const 1))))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (call $sleep (i32.const 0))))
