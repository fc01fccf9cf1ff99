;; Gives its first argument back, however long: fixstr, str8, str16 and str32 are understood.
;; The host must answer Success with that argument, or with an empty text where there is none.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\a4echo\acA test guest")
  (data (i32.const 256) "\81\a7Success\a0")

  (global $top (mut i32) (i32.const 1024))
  (global $blocks (mut i32) (i32.const 0))

  ;; Blocks follow one another from 1024 on; when the last one is given back, all of the room is free again.
  (func $alloc (export "plugin_alloc") (param $len i32) (result i32)
    (local $block i32) (local $end i32) (local $missing i32)
    (if (i32.le_s (local.get $len) (i32.const 0)) (then (return (i32.const 0))))
    (local.set $block (global.get $top))
    (local.set $end (i32.add (local.get $block) (local.get $len)))
    (local.set $missing (i32.sub (i32.shr_u (i32.add (local.get $end) (i32.const 65535)) (i32.const 16)) (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then (return (i32.const 0))))))
    (global.set $top (local.get $end))
    (global.set $blocks (i32.add (global.get $blocks) (i32.const 1)))
    (local.get $block))
  (func (export "plugin_dealloc") (param $ptr i32) (param $len i32)
    (if (i32.lt_u (local.get $ptr) (i32.const 1024)) (then (return)))
    (global.set $blocks (i32.sub (global.get $blocks) (i32.const 1)))
    (if (i32.eqz (global.get $blocks)) (then (global.set $top (i32.const 1024)))))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))

  ;; How many bytes the header of the string at $at takes.
  (func $header_size (param $at i32) (result i32)
    (local $tag i32)
    (local.set $tag (i32.load8_u (local.get $at)))
    (if (i32.eq (i32.and (local.get $tag) (i32.const 0xe0)) (i32.const 0xa0)) (then (return (i32.const 1))))
    (if (i32.eq (local.get $tag) (i32.const 0xd9)) (then (return (i32.const 2))))
    (if (i32.eq (local.get $tag) (i32.const 0xda)) (then (return (i32.const 3))))
    (if (i32.eq (local.get $tag) (i32.const 0xdb)) (then (return (i32.const 5))))
    (unreachable))

  ;; How many bytes follow that header: its length, big-endian.
  (func $body_size (param $at i32) (param $header i32) (result i32)
    (local $size i32)
    (if (i32.eq (local.get $header) (i32.const 1))
      (then (return (i32.and (i32.load8_u (local.get $at)) (i32.const 0x1f)))))
    (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $size (i32.or (i32.shl (local.get $size) (i32.const 8)) (i32.load8_u (local.get $at))))
      (local.set $header (i32.sub (local.get $header) (i32.const 1)))
      (br_if $next (i32.gt_u (local.get $header) (i32.const 1))))
    (local.get $size))

  ;; Where the elements of the array at $at begin.
  (func $elements (param $at i32) (result i32)
    (local $tag i32)
    (local.set $tag (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $tag) (i32.const 0xdc)) (then (return (i32.add (local.get $at) (i32.const 3)))))
    (if (i32.eq (local.get $tag) (i32.const 0xdd)) (then (return (i32.add (local.get $at) (i32.const 5)))))
    (i32.add (local.get $at) (i32.const 1)))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (local $text i32) (local $size i32) (local $result i32)
    (if (i32.eq (i32.load8_u (local.get $ptr)) (i32.const 0x90)) (then (return (i64.const 0x100_0000000a))))
    (local.set $text (call $elements (local.get $ptr)))
    (local.set $size (call $header_size (local.get $text)))
    (local.set $size (i32.add (local.get $size) (call $body_size (local.get $text) (local.get $size))))
    (local.set $result (call $alloc (i32.add (local.get $size) (i32.const 9))))
    (if (i32.eqz (local.get $result)) (then (unreachable)))
    (memory.copy (local.get $result) (i32.const 256) (i32.const 9))
    (memory.copy (i32.add (local.get $result) (i32.const 9)) (local.get $text) (local.get $size))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $result)) (i64.const 32))
      (i64.extend_i32_u (i32.add (local.get $size) (i32.const 9))))))
