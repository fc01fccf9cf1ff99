;; Loops for ever over a call of WASI, `clock_time_get`: little fuel, much time.
;; The host must answer ERR_DEADLINE_EXCEEDED within 50 ms of the deadline, or ERR_FUEL_EXHAUSTED where the fuel ends first.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))

  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\a9wasi-loop\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001a))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (loop $again
      (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 512)))
      (br $again))
    (unreachable)))
