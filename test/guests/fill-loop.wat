;; Loops for ever over a `memory.fill` of 1 MiB, each byte of which costs fuel.
;; The host must answer ERR_FUEL_EXHAUSTED, or ERR_DEADLINE_EXCEEDED where the fuel outlasts the time.
(module
  (memory (export "memory") 17)

  (data (i32.const 16) "\92\02\92\a9fill-loop\acA test guest")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001a))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (loop $again
      (memory.fill (i32.const 65536) (i32.const 0x61) (i32.const 1048576))
      (br $again))
    (unreachable)))
