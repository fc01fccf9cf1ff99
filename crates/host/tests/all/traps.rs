//! Traps: which one, in which function, on which way.

use std::fmt::Write;

use sen_host::{FaultKind, Frame, Limits};

use crate::support::*;

fn trap(wasm: &[u8]) -> (String, Option<String>, Vec<Frame>) {
    let fault = fault(&load(wasm), &[]);
    assert!(fault.usage.is_some());
    match fault.kind {
        FaultKind::Trap {
            trap,
            function,
            backtrace,
        } => (trap, function, backtrace),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trap_is_called_what_the_specification_calls_it() {
    for (name, expected) in [
        ("trap-unreachable", "unreachable"),
        ("divide-by-zero", "integer divide by zero"),
        ("integer-overflow", "integer overflow"),
        ("out-of-bounds", "out of bounds memory access"),
        ("indirect-call-null", "uninitialized element"),
        ("bad-signature", "indirect call type mismatch"),
        ("table-out-of-bounds", "out of bounds table access"),
    ] {
        let (trap, _, backtrace) = trap(&guest(name));
        assert_eq!(trap, expected, "{name}");
        assert!(!backtrace.is_empty(), "{name}");
    }
    let convert = execute("(drop (i32.trunc_f32_s (f32.const nan)))");
    assert_eq!(trap(&module(&convert)).0, "invalid conversion to integer");
}

#[test]
fn the_backtrace_leads_from_the_function_that_trapped_outwards() {
    let wasm = guest("trap-unreachable");
    let (_, function, backtrace) = trap(&wasm);
    assert_eq!(function.as_deref(), Some("inner_step"));
    let names: Vec<_> = backtrace
        .iter()
        .map(|frame| frame.function.as_deref())
        .collect();
    assert_eq!(names[..2], [Some("inner_step"), Some("outer_step")]);
    assert_eq!(backtrace.len(), 3);
    // In the order of the text: alloc, dealloc, manifest, inner, outer, execute.
    let indices: Vec<_> = backtrace.iter().map(|frame| frame.index).collect();
    assert_eq!(indices, [3, 4, 5]);
    // The byte at the innermost offset is the instruction itself.
    let at = usize::try_from(backtrace[0].offset.unwrap()).unwrap();
    assert_eq!(wasm[at], 0x00, "not an `unreachable`");
}

#[test]
fn a_trap_in_the_allocators_is_told_like_any_other() {
    let guest_with = |alloc: &str, dealloc: &str| {
        assemble(&format!(
            r#"(module
                (memory (export "memory") 1)
                (data (i32.const 16) "\92\02\92\a4test\acA test guest")
                (data (i32.const 256) "\81\a7Success\a2ok")
                (func $my_alloc (export "plugin_alloc") (param i32) (result i32) {alloc} (i32.const 1024))
                (func $my_dealloc (export "plugin_dealloc") (param i32 i32) {dealloc})
                (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
                {})"#,
            execute("")
        ))
    };
    let (_, function, _) = trap(&guest_with("(unreachable)", ""));
    assert_eq!(function.as_deref(), Some("my_alloc"));
    let instance = sen_host::Instance::new(load(&guest_with("", "(unreachable)")));
    let fault = instance.execute(&[], &Limits::default(), None).unwrap_err();
    let FaultKind::Trap { function, .. } = fault.kind else {
        panic!("{fault:?}")
    };
    assert_eq!(function.as_deref(), Some("my_dealloc"));
}

#[test]
fn a_trap_in_the_manifest_is_a_trap_when_the_plugin_is_loaded() {
    assert_eq!(refusal(&guest("trap-in-manifest")).code(), "ERR_TRAP");
}

#[test]
fn a_panic_of_a_plugin_written_in_rust_is_a_trap() {
    let plugin = load(&example("fail"));
    let FaultKind::Trap { trap, .. } = fault(&plugin, &["panic"]).kind else {
        panic!("not a trap")
    };
    assert_eq!(trap, "unreachable");
    for way in ["user", "system"] {
        assert!(run(&plugin, &[way], &Limits::default()).is_ok());
    }
}

#[test]
fn a_module_without_names_still_has_a_backtrace() {
    // `wat` names functions only where the text does.
    let (_, function, backtrace) = trap(&module(&execute("(unreachable)")));
    assert_eq!(function, None);
    assert_eq!(backtrace.len(), 1);
    assert_eq!(
        (backtrace[0].function.as_deref(), backtrace[0].index),
        (None, 3)
    );
}

/// A guest that traps in a function of this name.
fn named(name: &str) -> Vec<u8> {
    let mut text = String::new();
    for byte in name.bytes() {
        write!(text, "\\{byte:02x}").unwrap();
    }
    module(&format!(
        r#"(func $"{text}" (unreachable)) {}"#,
        execute(&format!(r#"(call $"{text}")"#))
    ))
}

#[test]
fn a_long_name_of_a_function_is_cut_short() {
    let (_, function, backtrace) = trap(&named(&"é".repeat(100_000)));
    let kept = function.unwrap();
    assert!(
        (200..=300).contains(&kept.chars().count()),
        "{}",
        kept.chars().count()
    );
    assert!(kept.starts_with("éé"));
    assert!(
        backtrace
            .iter()
            .all(|frame| frame.function.as_ref().is_none_or(|name| name.len() < 1000))
    );
}

#[test]
fn a_name_that_a_compiler_mangled_is_shown_as_it_was_written() {
    let (_, function, backtrace) = trap(&named("_ZN7example5inner17h0123456789abcdefE"));
    assert_eq!(function.as_deref(), Some("example::inner"));
    assert_eq!(backtrace[0].function, function);
}

#[test]
fn what_a_fault_says_steers_no_terminal_whatever_functions_are_called() {
    let wasm = named("\u{1b}[31mred\u{1b}]52;c;cHduZWQ=\u{7}\n\u{202e}");
    let text = fault(&load(&wasm), &[]).to_string();
    assert!(is_inert(&text), "{text:?}");
    let started = module(&format!(
        r#"(func $"\1b[31m" (unreachable)) (start $"\1b[31m") {}"#,
        execute("")
    ));
    let text = refusal(&started).to_string();
    assert!(is_inert(&text), "{text:?}");
}

#[test]
fn a_backtrace_is_bounded_however_deep_the_guest_was() {
    let wasm = module(&format!(
        r#"(func $deeper (param $left i32) (result i32)
            (if (i32.eqz (local.get $left)) (then (unreachable)))
            (i32.add (call $deeper (i32.sub (local.get $left) (i32.const 1))) (i32.const 1)))
        {}"#,
        execute("(drop (call $deeper (i32.const 5000)))")
    ));
    let (_, function, backtrace) = trap(&wasm);
    assert_eq!(function.as_deref(), Some("deeper"));
    assert!((2..=100).contains(&backtrace.len()), "{}", backtrace.len());
}

#[test]
fn a_guest_that_traps_in_many_threads_traps_alike() {
    let plugin = plugin("out-of-bounds");
    let expected = fault(&plugin, &[]).kind;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(fault(&plugin, &[]).kind, expected);
                }
            });
        }
    });
}

#[test]
fn reading_just_beyond_the_memory_traps_and_just_within_does_not() {
    let reading = |at: u32| {
        load(&module(&execute(&format!(
            "(drop (i32.load8_u (i32.const {at})))"
        ))))
    };
    assert_usable(&reading(65_535), &[], "ok");
    for at in [65_536, 65_537, 1 << 20, 1 << 30, u32::MAX] {
        assert!(is_trap(&fault(&reading(at), &[]).kind), "{at}");
    }
    let far = load(&module(&execute(
        "(drop (i64.load offset=0xffffffff (i32.const 0xffffffff)))",
    )));
    assert!(is_trap(&fault(&far, &[]).kind));
}
