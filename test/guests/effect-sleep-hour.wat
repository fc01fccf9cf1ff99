;; Sleeps for an hour.
;; The host must end the wait as soon as the call is aborted, or the plugin gone; without that, within what it allows.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b1effect-sleep-hour\acA test guest")
  (data (i32.const 256) "\81\a6Effect\81\a5Sleep\82\a2id\01\abduration_ms\ce\00\36\ee\80\81\a7Success\a5awake")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000022))

  (func (export "plugin_resume") (param $id i32) (param $ptr i32) (param $len i32) (result i64) (i64.const 0x125_0000000f))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_00000025)))
