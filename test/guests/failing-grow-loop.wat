;; Loops for ever over a `memory.grow` that must fail: little fuel, much time.
;; The host must answer ERR_DEADLINE_EXCEEDED within 50 ms of the deadline, or ERR_FUEL_EXHAUSTED where the fuel ends first.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b1failing-grow-loop\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000022))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (loop $again
      (drop (memory.grow (i32.const 65535)))
      (br $again))
    (unreachable)))
