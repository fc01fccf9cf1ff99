;; Its manifest has a million subcommands with empty names, in 3 MB written when it is asked for.
;; The host must answer ERR_DECODE or ERR_INVALID_MANIFEST, in under 10 ms and with no more than twice the memory.
(module
  (memory (export "memory") 48)

  (data (i32.const 16) "\92\02\96\bcmanifest-million-subcommands\acA test guest\c0\c0\90\dd\00\0fB@\92\a0\a0")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64)
    (local $written i32) (local $more i32)
    (memory.copy (i32.const 65536) (i32.const 16) (i32.const 56))
    ;; From the first subcommand on, what is there is doubled until it is a million.
    (local.set $written (i32.const 3))
    (loop $double
      (local.set $more (i32.sub (i32.const 3000000) (local.get $written)))
      (if (i32.gt_u (local.get $more) (local.get $written)) (then (local.set $more (local.get $written))))
      (memory.copy (i32.add (i32.const 65589) (local.get $written)) (i32.const 65589) (local.get $more))
      (local.set $written (i32.add (local.get $written) (local.get $more)))
      (br_if $double (i32.lt_u (local.get $written) (i32.const 3000000))))
    (i64.const 0x10000_002dc6f5))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64) (i64.const 0x100_0000000c)))
