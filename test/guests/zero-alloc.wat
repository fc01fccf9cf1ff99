;; Its allocator gives 0: failure.
;; The host must answer ERR_ABI_BOUNDS.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\aazero-alloc\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param i32) (result i32) (i32.const 0))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_0000001b))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000000c)))
