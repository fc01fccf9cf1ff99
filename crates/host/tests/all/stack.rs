//! The wasm stack: 1 MiB for every guest, on whatever stack the host was called.

use std::hint::black_box;
use std::thread;

use sen_host::{Fault, FaultKind, Instance, Limits, Plugin};

use crate::support::*;

const RECURSIVE: [&str; 3] = ["recurse", "recurse-mutual", "recurse-table"];

/// Runs something on a thread with a stack of this size.
fn on_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(bytes)
            .spawn_scoped(scope, work)
            .unwrap()
            .join()
            .unwrap()
    })
}

/// Runs something in a call so deep that this much of the thread's stack is in use.
#[inline(never)]
fn below<T>(bytes: usize, top: usize, work: &mut dyn FnMut() -> T) -> T {
    let frame = black_box([0_u8; 1024]);
    let used = top.saturating_sub(frame.as_ptr().addr());
    let value = if used >= bytes {
        work()
    } else {
        below(bytes, top, work)
    };
    black_box(&frame);
    value
}

fn assert_overflows(plugin: &Plugin, args: &[&str]) -> Fault {
    let fault = promptly(|| run(plugin, args, &with_fuel(HUGE)).unwrap_err());
    assert_eq!(fault.kind, FaultKind::StackOverflow, "{plugin:?}");
    assert!(
        fault.usage.is_some_and(|usage| usage.fuel_consumed > 0),
        "{fault:?}"
    );
    fault
}

/// A guest that calls itself this often before it comes back.
fn deep(calls: u32) -> Vec<u8> {
    module(&format!(
        r#"(func $deeper (param $left i32) (result i32)
            (if (result i32) (local.get $left)
              (then (i32.add (call $deeper (i32.sub (local.get $left) (i32.const 1))) (local.get $left)))
              (else (i32.const 0))))
        {}"#,
        execute(&format!("(drop (call $deeper (i32.const {calls})))"))
    ))
}

#[test]
fn recursion_without_end_overflows_the_stack_and_nothing_else() {
    for name in RECURSIVE {
        let plugin = plugin(name);
        for _ in 0..20 {
            assert_overflows(&plugin, &[]);
        }
    }
}

#[test]
fn recursion_with_an_end_is_fine() {
    // A frame has some tens of bytes.
    assert_usable(&load(&deep(5_000)), &[], "ok");
    assert_overflows(&load(&deep(100_000)), &[]);
}

#[test]
fn a_plugin_written_in_rust_overflows_its_stack_in_the_same_way() {
    let plugin = load(&example("fail"));
    for _ in 0..3 {
        assert_overflows(&plugin, &["stack"]);
        assert!(run(&plugin, &["user"], &Limits::default()).is_ok());
    }
}

#[test]
fn a_guest_has_its_whole_stack_on_a_thread_with_a_small_one() {
    let recursive = RECURSIVE.map(plugin);
    let deep = load(&deep(5_000));
    on_stack(128 << 10, || {
        for plugin in &recursive {
            assert_overflows(plugin, &[]);
        }
        assert_usable(&deep, &[], "ok");
    });
}

#[test]
fn a_guest_has_its_whole_stack_below_deep_recursion_of_the_host() {
    let recursive = RECURSIVE.map(plugin);
    let deep = load(&deep(5_000));
    on_stack(4 << 20, || {
        let first = black_box([0_u8; 1]);
        let top = first.as_ptr().addr();
        below((4 << 20) - (128 << 10), top, &mut || {
            for plugin in &recursive {
                assert_overflows(plugin, &[]);
            }
            assert_usable(&deep, &[], "ok");
        });
    });
}

#[test]
fn the_same_number_of_calls_fits_whoever_calls() {
    // A new plugin each time, as its code gets better while it is used, and frames smaller.
    let fits = |plugin: &Plugin| run(plugin, &[], &with_fuel(HUGE)).is_ok();
    let (mut fitting, mut overflowing) = (1_000, 100_000);
    while overflowing - fitting > 1 {
        let middle = (fitting + overflowing) / 2;
        if fits(&load(&deep(middle))) {
            fitting = middle;
        } else {
            overflowing = middle;
        }
    }
    for stack in [128 << 10, 1 << 20, 16 << 20] {
        let (deepest, too_deep) = (load(&deep(fitting)), load(&deep(overflowing)));
        on_stack(stack, || {
            assert!(fits(&deepest), "{stack}");
            assert_overflows(&too_deep, &[]);
        });
    }
}

#[test]
fn a_plugin_that_overflowed_its_stack_can_be_called_again() {
    let wasm = module(
        r#"(func $deeper (param $depth i64) (result i64)
            (i64.add (call $deeper (i64.add (local.get $depth) (i64.const 1))) (local.get $depth)))
        (func (export "plugin_execute") (param $ptr i32) (param i32) (result i64)
            (if (i32.ne (i32.load8_u (local.get $ptr)) (i32.const 0x90))
              (then (drop (call $deeper (i64.const 0)))))
            (i64.const 0x100_0000000c))"#,
    );
    let plugin = load(&wasm);
    let instance = Instance::new(plugin.clone());
    for _ in 0..20 {
        assert_overflows(&plugin, &["deep"]);
        assert_usable(&plugin, &[], "ok");
        let fault = instance
            .execute(strings(&["deep"]), &with_fuel(HUGE), None)
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::StackOverflow);
        let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
        assert_eq!(result, success("ok"));
    }
}

#[test]
fn recursion_without_end_at_start_up_overflows_the_stack_too() {
    let recursion = "(func $deeper (call $deeper) (call $deeper))";
    for start in [
        "(start $deeper)",
        r#"(export "_initialize" (func $deeper))"#,
    ] {
        let wasm = module(&format!("{recursion} {start} {}", execute("")));
        let fault = Plugin::load(&wasm, &with_fuel(HUGE)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::StackOverflow, "{start}");
    }
}

#[test]
fn many_threads_can_overflow_their_guests_stacks_at_once() {
    let plugin = plugin("recurse");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_overflows(&plugin, &[]);
                }
            });
        }
    });
}
