;; Counts its calls in a global: an instance that persists counts on, a pristine one says 1 each time.
;; The host must answer Success "1", then "2", "3" … from one live instance, "1" from every pristine one.
(module
  (memory (export "memory") 1)

  (global $count (mut i32) (i32.const 0))

  (data (i32.const 16) "\92\02\92\a7counter\acA test guest")
  (data (i32.const 256) "\81\a7Success")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000018))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (local $rest i32) (local $at i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (local.set $rest (global.get $count))
    ;; The digits are written backwards from 512, then the text's header before them, then the map's.
    (local.set $at (i32.const 512))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $rest) (i32.const 10))))
      (local.set $rest (i32.div_u (local.get $rest) (i32.const 10)))
      (br_if $next (local.get $rest)))
    (i32.store8
      (i32.sub (local.get $at) (i32.const 1))
      (i32.or (i32.const 0xa0) (i32.sub (i32.const 512) (local.get $at))))
    (local.set $at (i32.sub (local.get $at) (i32.const 10)))
    (memory.copy (local.get $at) (i32.const 256) (i32.const 9))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32))
      (i64.extend_i32_u (i32.sub (i32.const 512) (local.get $at))))))
