;; Sleeps for an hour in `poll_oneoff` of WASI: no fuel at all, much time.
;; The host must answer ERR_DEADLINE_EXCEEDED within 50 ms of the deadline; an errno instead of sleep makes it Success "refused".
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\aawasi-sleep\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok\81\a7Success\a7refused")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001b))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    ;; One subscription at 512, to the monotonic clock (16) in 3,600,000,000,000 ns (24) from now; its event goes to 640.
    (i32.store (i32.const 528) (i32.const 1))
    (i64.store (i32.const 536) (i64.const 3600000000000))
    (if (call $poll_oneoff (i32.const 512) (i32.const 640) (i32.const 1) (i32.const 704))
      (then (return (i64.const 0x10c_00000011))))
    (i64.const 0x100_0000000c)))
