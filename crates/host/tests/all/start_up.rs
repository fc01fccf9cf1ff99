//! What runs before the first call: the start function and `_initialize`.

use sen_host::{FaultKind, Instance, Limits};

use crate::support::*;

#[test]
fn a_reactor_is_initialised_once_for_each_instance() {
    let plugin = plugin("initialize-twice");
    for _ in 0..20 {
        assert_usable(&plugin, &[], "ok");
    }
    let instance = Instance::new(plugin);
    for _ in 0..20 {
        let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
        assert_eq!(result, success("ok"));
    }
}

#[test]
fn the_start_function_runs_once_and_before_the_reactor_is_initialised() {
    // Each step wants to find the one before it done, and itself not.
    let step = |number: u32| {
        format!(
            "(if (i32.ne (global.get $done) (i32.const {})) (then (unreachable)))
            (global.set $done (i32.const {number}))",
            number - 1
        )
    };
    let wasm = module(&format!(
        r#"(global $done (mut i32) (i32.const 0))
        (func $start {})
        (start $start)
        (func (export "_initialize") {})
        {}"#,
        step(1),
        step(2),
        execute("(if (i32.ne (global.get $done) (i32.const 2)) (then (unreachable)))")
    ));
    let plugin = load(&wasm);
    assert_usable(&plugin, &[], "ok");
    let instance = Instance::new(plugin);
    for _ in 0..3 {
        assert!(instance.execute(&[], &Limits::default(), None).is_ok());
    }
}

fn assert_cannot_start(wasm: &[u8]) {
    let fault = refusal(wasm);
    let text = fault.to_string();
    assert!(fault.usage.is_some(), "{text}");
    let FaultKind::Instantiation { import, reason } = fault.kind else {
        panic!("{text}")
    };
    assert_eq!(import, None, "{text}");
    assert!(reason.contains("unreachable"), "{text}");
}

#[test]
fn a_plugin_whose_start_traps_cannot_be_instantiated() {
    assert_cannot_start(&guest("trap-in-start"));
    assert_cannot_start(&module(&format!(
        r#"(func (export "_initialize") (unreachable)) {}"#,
        execute("")
    )));
}

#[test]
fn a_plugin_whose_segments_do_not_fit_cannot_be_instantiated() {
    for segment in [
        r#"(data (i32.const 65536) "x")"#,
        r#"(data (i32.const -1) "x")"#,
        r#"(table 1 funcref) (elem (i32.const 1) $f) (func $f)"#,
    ] {
        let fault = refusal(&module(&format!("{segment} {}", execute(""))));
        assert_eq!(fault.code(), "ERR_INSTANTIATION", "{segment}: {fault}");
    }
}

#[test]
fn a_plugin_that_fails_to_start_now_and_then_fails_only_then() {
    // Starts if it is granted a page, which depends on the limits of the execution.
    let wasm = module(&format!(
        "(func $start (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))))
        (start $start) {}",
        execute("")
    ));
    let plugin = load(&wasm);
    let narrow = Limits {
        memory_bytes: 65_536,
        ..Limits::default()
    };
    let instance = Instance::new(plugin.clone());
    for _ in 0..3 {
        let fault = run(&plugin, &[], &narrow).unwrap_err();
        assert_eq!(fault.kind, FaultKind::MemoryLimit { limit: 65_536 });
        assert_usable(&plugin, &[], "ok");
    }
    assert!(instance.execute(&[], &narrow, None).is_err());
    assert!(instance.execute(&[], &Limits::default(), None).is_ok());
}

#[test]
fn a_plugin_may_have_as_many_segments_as_it_likes_within_reason() {
    let wasm = module(&format!(
        "{} {}",
        r#"(data (i32.const 2048) "x")"#.repeat(5_000),
        execute("")
    ));
    assert_usable(&load(&wasm), &[], "ok");
    let wasm = module(&format!(
        "{} {}",
        r#"(data (i32.const 2048) "x")"#.repeat(20_001),
        execute("")
    ));
    assert_eq!(refusal(&wasm).code(), "ERR_MODULE_TOO_COMPLEX");
}
