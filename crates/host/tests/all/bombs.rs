//! Modules that would take a compiler long: refused before it begins. And modules just below each
//! limit, which are compiled.

use std::fmt::Write;
use std::time::{Duration, Instant};

use sen_host::{FaultKind, Plugin};

use crate::support::*;

fn assert_too_complex(wasm: &[u8], what: &str, limit: u64, actual: u64) {
    let began = Instant::now();
    let fault = refusal(wasm);
    let elapsed = began.elapsed();
    let FaultKind::ModuleTooComplex {
        what: found_what,
        limit: found_limit,
        actual: found_actual,
    } = fault.kind
    else {
        panic!("{fault:?}")
    };
    assert_eq!((found_what, found_limit), (what, limit));
    // Counting may end where the limit is passed.
    assert!(
        (limit + 1..=actual).contains(&found_actual),
        "{found_actual}"
    );
    assert!(elapsed < Duration::from_secs(1), "it took {elapsed:?}");
}

fn assert_compiles(wasm: &[u8]) {
    let began = Instant::now();
    let plugin = load(wasm);
    let elapsed = began.elapsed();
    assert_usable(&plugin, &[], "ok");
    // What a plugin as large as this takes on a busy machine, as opposed to a bomb.
    assert!(elapsed < Duration::from_secs(20), "it took {elapsed:?}");
}

fn functions(count: usize) -> Vec<u8> {
    module(&format!("{} {}", "(func)".repeat(count - 4), execute("")))
}

/// A guest with one function whose body has about this many bytes.
fn function_of(bytes: usize) -> Vec<u8> {
    module(&format!("(func {}) {}", "nop ".repeat(bytes), execute("")))
}

fn locals(count: usize) -> Vec<u8> {
    // Of two types in turn, so that they are not one group.
    let locals = "i32 f32 ".repeat(count / 2);
    module(&format!("(func (local {locals})) {}", execute("")))
}

fn branches(targets: usize, tables: usize) -> Vec<u8> {
    // The last one is the default, which is not counted.
    let table = format!(
        "(br_table {} (local.get 0))",
        "0 ".repeat(targets / tables + 1)
    );
    let body = format!("(block {table})").repeat(tables);
    module(&format!("(func (param i32) {body}) {}", execute("")))
}

#[test]
fn a_module_may_have_20_000_functions_and_not_50_000() {
    assert_compiles(&functions(20_000));
    assert_too_complex(&functions(20_001), "a number of functions", 20_000, 20_001);
    assert_too_complex(&functions(50_000), "a number of functions", 20_000, 50_000);
}

#[test]
fn a_function_may_have_256_kib_and_not_500_kb() {
    assert_compiles(&function_of((256 << 10) - 100));
    let what = "a function with a size in bytes";
    assert_too_complex(
        &function_of((256 << 10) + 1),
        what,
        256 << 10,
        (256 << 10) + 100,
    );
    assert_too_complex(&function_of(500_000), what, 256 << 10, 500_100);
}

#[test]
fn a_function_may_have_10_000_locals_and_not_50_000() {
    assert_compiles(&locals(10_000));
    let what = "a function with a number of locals";
    assert_too_complex(&locals(10_002), what, 10_000, 10_002);
    assert_too_complex(&locals(50_000), what, 10_000, 50_000);
}

#[test]
fn a_function_may_branch_10_000_ways_and_not_100_000_in_one_table_or_in_many() {
    let what = "a function with a number of branch targets";
    for tables in [1, 10, 100] {
        assert_compiles(&branches(10_000, tables));
        assert_too_complex(&branches(20_000, tables), what, 10_000, 20_000);
        assert_too_complex(&branches(100_000, tables), what, 10_000, 100_000);
    }
}

/// A module of these sections, each with its number and its bytes.
fn sections(sections: &[(u8, &[u8])]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (number, bytes) in sections {
        wasm.push(*number);
        let length = u32::try_from(bytes.len()).unwrap();
        wasm.extend(
            (0..5)
                .map(|byte| (length >> (7 * byte)) as u8 & 0x7f | if byte < 4 { 0x80 } else { 0 }),
        );
        wasm.extend(*bytes);
    }
    wasm
}

#[test]
fn lengths_that_lie_are_refused_at_once() {
    const MOST: &[u8] = b"\xff\xff\xff\xff\x0f";
    let types: (u8, &[u8]) = (1, b"\x01\x60\0\0");
    let function: (u8, &[u8]) = (3, b"\x01\0");
    // One function with 4,294,967,295 locals in one group, and in several.
    let one_group = [&b"\x01\x09\x01"[..], MOST, b"\x7f\x0b"].concat();
    let groups = [&b"\x01\x0f\x02"[..], MOST, b"\x7f", MOST, b"\x7e\x0b"].concat();
    for code in [&one_group, &groups] {
        let fault = promptly(|| refusal(&sections(&[types, function, (10, code)])));
        assert!(
            matches!(
                fault.code(),
                "ERR_MODULE_TOO_COMPLEX" | "ERR_INVALID_MODULE"
            ),
            "{fault}"
        );
    }
    // Every section that is a list, of 4,294,967,295 things.
    for number in 1..=13 {
        let fault = promptly(|| refusal(&sections(&[(number, MOST)])));
        assert!(
            matches!(
                fault.code(),
                "ERR_MODULE_TOO_COMPLEX" | "ERR_INVALID_MODULE"
            ),
            "{number}: {fault}"
        );
    }
    // A section that is said to have 4 GiB.
    for number in 0..=13 {
        let wasm = [&b"\0asm\x01\0\0\0"[..], &[number], MOST].concat();
        assert_eq!(
            promptly(|| refusal(&wasm)).code(),
            "ERR_INVALID_MODULE",
            "{number}"
        );
    }
}

#[test]
fn lists_of_everything_else_are_bounded_too() {
    let numbered = |count: usize, field: &dyn Fn(usize) -> String| {
        let fields: String = (0..count).map(field).collect();
        module(&format!("(func $f) {fields} {}", execute("")))
    };
    let global = |_| "(global i32 (i32.const 0))".to_owned();
    let export = |number| format!(r#"(export "e{number}" (func $f))"#);
    let kind = |number: usize| {
        // Each its own: as many parameters of two types as the number has bits.
        let params: String = (0..17)
            .map(|bit| {
                if number >> bit & 1 == 0 {
                    "i32 "
                } else {
                    "f32 "
                }
            })
            .collect();
        format!("(type (func (param {params})))")
    };
    let elements = |_| "(elem func $f)".to_owned();
    assert_compiles(&numbered(9_000, &global));
    assert_too_complex(
        &numbered(10_001, &global),
        "a number of globals",
        10_000,
        10_001,
    );
    assert_compiles(&numbered(9_000, &export));
    assert_too_complex(
        &numbered(10_001, &export),
        "a number of exports",
        10_000,
        10_010,
    );
    assert_compiles(&numbered(9_000, &kind));
    assert_too_complex(
        &numbered(10_001, &kind),
        "a number of types",
        10_000,
        10_010,
    );
    assert_compiles(&numbered(9_000, &elements));
    assert_too_complex(
        &numbered(20_001, &elements),
        "a number of element segments",
        20_000,
        20_001,
    );
}

#[test]
fn imports_are_counted_before_they_are_looked_at() {
    let imports = |count: usize| {
        let mut text = String::from("(module");
        for number in 0..count {
            write!(text, r#"(import "m" "f{number}" (func))"#).unwrap();
        }
        assemble(&(text + ")"))
    };
    assert_too_complex(&imports(1_001), "a number of imports", 1_000, 1_001);
    let code = Plugin::load(&imports(1_000), &Default::default())
        .unwrap_err()
        .code();
    assert!(
        matches!(code, "ERR_MISSING_EXPORT" | "ERR_INSTANTIATION"),
        "{code}"
    );
}

/// Modules of some 20 KB, each below every limit, whose compilation is a matter of many seconds and
/// hundreds of megabytes: each local is a value at each place that control flow meets.
#[test]
fn locals_and_branches_do_not_multiply_to_a_bomb() {
    let locals = "i32 ".repeat(1_400);
    let numbered = |text: fn(usize) -> String| (0..1_400).map(text).collect::<String>();
    let nested = format!(
        "{} {} {}",
        "(loop ".repeat(1_400),
        numbered(|local| format!("(drop (local.get {local}))")),
        ")".repeat(1_400)
    );
    let branching = format!(
        "(loop {} {})",
        numbered(|local| format!(
            "(local.set {local} (i32.add (local.get {local}) (i32.const 1)))"
        )),
        "(br_if 0 (local.get 0))".repeat(3_000)
    );
    for (name, body) in [("loops in loops", nested), ("branches back", branching)] {
        let wasm = module(&format!("(func (local {locals}) {body}) {}", execute("")));
        assert!(wasm.len() < 30_000, "{}", wasm.len());
        let began = Instant::now();
        let loaded = Plugin::load(&wasm, &Default::default());
        let elapsed = began.elapsed();
        let code = loaded.err().map(|fault| fault.code());
        assert!(
            matches!(code, None | Some("ERR_MODULE_TOO_COMPLEX")),
            "{name}: {code:?}"
        );
        assert!(
            elapsed < HANG,
            "{name}: {} bytes took {elapsed:?}",
            wasm.len()
        );
    }
}

/// Modules of a few kilobytes that cost the compiler seconds, and the worst of them gigabytes.
#[test]
fn small_modules_that_multiply_in_the_compiler_are_refused_before_it_sees_them() {
    let values = "i32 ".repeat(400);
    let parameters = format!(
        "(func (param {values}) {} {})",
        "(loop ".repeat(1_000),
        ")".repeat(1_000)
    );
    let signature = format!("(func (param {values}) (result {values}) (unreachable))");
    let blocks = format!(
        "(func (local i32) {} {} {})",
        "(i32.const 0)".repeat(4),
        "(block (param i32 i32 i32 i32) (result i32 i32 i32 i32)) ".repeat(2_000),
        "(drop)".repeat(4)
    );
    let conditions = format!(
        "(func (local {values} {values} {values} {values}) {} {})",
        "(if (i32.const 0) (then ".repeat(3_000),
        "))".repeat(3_000)
    );
    let table = format!(
        "(type $t (func)) (table 1 funcref) (func {})",
        "(call_indirect (type $t) (i32.const 0))".repeat(10_000)
    );
    let function = format!(
        "(func (local {}) {} {})",
        "i32 ".repeat(240),
        "(loop ".repeat(1_000),
        ")".repeat(1_000)
    );
    let many = function.repeat(19);
    for (name, text) in [
        ("parameters", parameters),
        ("signature", signature),
        ("blocks", blocks),
        ("conditions", conditions),
        ("table", table),
        ("many", many),
    ] {
        let wasm = module(&format!("{text} {}", execute("")));
        let code = Plugin::load(&wasm, &Default::default())
            .err()
            .map(|fault| fault.code());
        assert_eq!(code, Some("ERR_MODULE_TOO_COMPLEX"), "{name}");
    }
}
