//! What of WebAssembly guests may use.

use crate::support::*;

/// Instructions that leave an `i32`, which must be this one, and fields that they need.
const FEATURES: [(&str, &str, &str, i32); 14] = [
    (
        "SIMD",
        "",
        "(i32x4.extract_lane 2 (i32x4.add (v128.const i32x4 1 2 3 4) (v128.const i32x4 10 20 30 40)))",
        33,
    ),
    (
        "relaxed SIMD",
        "",
        "(i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 5 5 5 5)))",
        5,
    ),
    (
        "bulk memory",
        r#"(data $bytes "\2a\00\00\00")"#,
        "(memory.init $bytes (i32.const 2048) (i32.const 0) (i32.const 4))
        (memory.copy (i32.const 2052) (i32.const 2048) (i32.const 4))
        (memory.fill (i32.const 2048) (i32.const 0) (i32.const 4))
        (i32.load (i32.const 2052))",
        42,
    ),
    (
        "reference types",
        "(table $table 2 funcref) (elem declare func $f) (func $f)",
        "(table.set $table (i32.const 0) (ref.func $f))
        (i32.sub (ref.is_null (table.get $table (i32.const 1))) (ref.is_null (table.get $table (i32.const 0))))",
        1,
    ),
    (
        "multiple values",
        "(func $pair (result i32 i32) (i32.const 7) (i32.const 5))",
        "(i32.sub (call $pair))",
        2,
    ),
    ("sign extension", "", "(i32.extend8_s (i32.const 0xff))", -1),
    (
        "saturating conversion",
        "",
        "(i32.trunc_sat_f32_s (f32.const inf))",
        i32::MAX,
    ),
    (
        "tail calls",
        "(func $count (param $left i32) (result i32)
            (if (i32.eqz (local.get $left)) (then (return (i32.const 9))))
            (return_call $count (i32.sub (local.get $left) (i32.const 1))))",
        "(call $count (i32.const 200000))",
        9,
    ),
    (
        "extended constant expressions",
        "(global $sum i32 (i32.add (i32.const 40) (i32.const 2)))",
        "(global.get $sum)",
        42,
    ),
    (
        "several memories",
        "(memory $other 1)",
        "(i32.store $other (i32.const 0) (i32.const 6)) (i32.load $other (i32.const 0))",
        6,
    ),
    (
        "mutable globals",
        "(global $mutable (export \"global\") (mut i32) (i32.const 3))",
        "(global.set $mutable (i32.const 4)) (global.get $mutable)",
        4,
    ),
    (
        "floating point",
        "",
        "(i32.trunc_f64_s (f64.sqrt (f64.const 1764)))",
        42,
    ),
    (
        "integers of 64 bits",
        "",
        "(i32.wrap_i64 (i64.shr_u (i64.mul (i64.const 0x100000000) (i64.const 3)) (i64.const 32)))",
        3,
    ),
    (
        "indirect calls",
        "(table $table funcref (elem $f)) (type $t (func (result i32))) (func $f (result i32) (i32.const 8))",
        "(call_indirect $table (type $t) (i32.const 0))",
        8,
    ),
];

#[test]
fn what_compilers_of_plugins_use_works() {
    for (feature, fields, instructions, expected) in FEATURES {
        let wasm = module(&format!(
            r#"{fields}
            (func $value (result i32) {instructions})
            {}"#,
            execute(&format!(
                "(if (i32.ne (call $value) (i32.const {expected})) (then (unreachable)))"
            ))
        ));
        let plugin = sen_host::Plugin::load(&wasm, &Default::default())
            .unwrap_or_else(|fault| panic!("{feature}: {fault}"));
        let result = run(&plugin, &[], &Default::default())
            .unwrap_or_else(|fault| panic!("{feature}: {fault}"))
            .0;
        assert_eq!(result, success("ok"), "{feature}");
    }
}

#[test]
fn what_the_limits_would_not_bound_does_not_work() {
    for (feature, fields) in [
        ("threads", "(memory $shared 1 1 shared)"),
        ("atomics", "(func (drop (i32.atomic.load (i32.const 0))))"),
        ("memories of 64 bits", "(memory i64 1)"),
        (
            "garbage collection",
            "(type $s (struct (field i32))) (func (drop (struct.new $s (i32.const 1))))",
        ),
        (
            "references of 31 bits",
            "(func (drop (ref.i31 (i32.const 1))))",
        ),
    ] {
        let fault = refusal(&module(&format!("{fields} {}", execute(""))));
        assert_eq!(fault.code(), "ERR_INVALID_MODULE", "{feature}: {fault}");
    }
}
