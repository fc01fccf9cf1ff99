;; Its command has 1 MiB of letters, written when it is asked for.
;; The host must answer ERR_INVALID_MANIFEST (command.name), with no more than an excerpt of it in the message.
(module
  (memory (export "memory") 18)

  (data (i32.const 16) "\92\02\92\db\00\10\00\00\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64)
    (memory.copy (i32.const 65536) (i32.const 16) (i32.const 8))
    (memory.fill (i32.const 65544) (i32.const 0x61) (i32.const 1048576))
    (memory.copy (i32.const 1114120) (i32.const 24) (i32.const 13))
    (i64.const 0x10000_00100015))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000000c)))
