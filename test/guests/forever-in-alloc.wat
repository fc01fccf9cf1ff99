;; Loops for ever in `plugin_alloc`, which is first called to make room for arguments.
;; The host must answer ERR_FUEL_EXHAUSTED when it is executed.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\b0forever-in-alloc\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param i32) (result i32)
    (loop $again (br $again))
    (unreachable))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000021))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000000c)))
