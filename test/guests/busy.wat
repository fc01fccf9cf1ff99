;; Goes round a loop as often as its first argument says in decimal.
;; The host must answer Success "ok"; with too many rounds ERR_FUEL_EXHAUSTED or ERR_DEADLINE_EXCEEDED.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "\92\02\92\a4busy\acA test guest")
  (data (i32.const 256) "\81\a7Success\a2ok")

  (func (export "plugin_alloc") (param $len i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.lt_u (i32.sub (local.get $len) (i32.const 1)) (i32.const 64512))))
  (func (export "plugin_dealloc") (param i32 i32))
  (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))

  (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
    (local $end i32) (local $byte i32) (local $rounds i64)
    (local.set $end (i32.add (local.get $ptr) (local.get $len)))
    ;; The array's header and the string's, one byte each for what fits in here.
    (local.set $ptr (i32.add (local.get $ptr) (i32.const 2)))
    (block $read
      (loop $digit
        (br_if $read (i32.ge_u (local.get $ptr) (local.get $end)))
        (local.set $byte (i32.sub (i32.load8_u (local.get $ptr)) (i32.const 48)))
        (br_if $read (i32.gt_u (local.get $byte) (i32.const 9)))
        (local.set $rounds
          (i64.add (i64.mul (local.get $rounds) (i64.const 10)) (i64.extend_i32_u (local.get $byte))))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
        (br $digit)))
    (block $done
      (loop $round
        (br_if $done (i64.eqz (local.get $rounds)))
        (local.set $rounds (i64.sub (local.get $rounds) (i64.const 1)))
        (br $round)))
    (i64.const 0x100_0000000c)))
