//! A plugin that is called often has instances standing by, and short calls run on the caller's
//! stack. Nobody can tell but by the clock.

use std::thread;
use std::time::Duration;

use sen_host::{FaultKind, Instance, Limits};

use crate::support::*;

/// Calls after which instances stand by, where the machine has a core for that.
const OFTEN: usize = 200;

#[test]
fn what_one_execution_leaves_in_memory_globals_and_tables_none_of_the_next_10_000_finds() {
    let plugin = plugin("dirty");
    for _ in 0..10_000 {
        assert_eq!(answer(&plugin, &[]), success("clean"));
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_500 {
                    assert_eq!(answer(&plugin, &[]), success("clean"));
                }
            });
        }
    });
    // On a live instance it does find what it left: the test is able to fail.
    let instance = Instance::new(plugin);
    let call = || instance.execute(&[], &Limits::default(), None).unwrap().0;
    assert_eq!([call(), call()], [success("clean"), success("dirty")]);
}

#[test]
fn the_receipt_is_the_same_for_the_first_call_and_for_any_later_one() {
    for (name, wasm, args) in [
        ("echo", guest("echo"), vec!["some text"]),
        ("grow", guest("grow-memory-to-limit"), vec![]),
        ("initialised", guest("initialize-twice"), vec![]),
        ("greet", example("greet"), vec!["-n", "3", "Ada"]),
        ("rot13", example("rot13"), vec!["Hello"]),
    ] {
        let plugin = load(&wasm);
        let (first, usage) = run(&plugin, &args, &Limits::default()).unwrap();
        for _ in 0..OFTEN {
            let (later, later_usage) = run(&plugin, &args, &Limits::default()).unwrap();
            assert_eq!(later, first, "{name}");
            assert_eq!(later_usage.fuel_consumed, usage.fuel_consumed, "{name}");
            assert_eq!(
                later_usage.peak_memory_bytes, usage.peak_memory_bytes,
                "{name}"
            );
        }
    }
}

#[test]
fn limits_of_a_call_hold_whatever_stands_by() {
    let plugin = load(&module(&execute(
        "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))",
    )));
    let narrow = Limits {
        memory_bytes: 3 << 16,
        ..Limits::default()
    };
    for _ in 0..OFTEN {
        for limits in [Limits::default(), narrow] {
            let (_, usage) = run(&plugin, &[], &limits).unwrap();
            assert_eq!(usage.peak_memory_bytes, limits.memory_bytes);
        }
    }
}

#[test]
fn a_start_up_that_was_refused_memory_is_remembered_by_the_call_that_traps() {
    // Its start-up asks for more than there is, and its command traps for want of it.
    let plugin = load(&module(
        r#"(global $refused (mut i32) (i32.const 0))
        (func (export "_initialize")
            (global.set $refused (memory.grow (i32.const 60000))))
        (func (export "plugin_execute") (param i32 i32) (result i64) (unreachable))"#,
    ));
    let limit = Limits::default().memory_bytes as u64;
    for _ in 0..OFTEN {
        assert_eq!(fault(&plugin, &[]).kind, FaultKind::MemoryLimit { limit });
    }
}

#[test]
fn a_start_up_that_needs_more_time_or_memory_than_is_worth_waiting_with_runs_for_each_call() {
    let long = load(&module(&format!(
        r#"(func (export "_initialize") (local $left i64) {}) {}"#,
        count_down("$left", 200_000),
        execute("")
    )));
    let large = load(&module(&format!(
        r#"(func (export "_initialize") (drop (memory.grow (i32.const 200)))) {}"#,
        execute("(if (i32.ne (memory.size) (i32.const 201)) (then (unreachable)))")
    )));
    for _ in 0..OFTEN {
        assert_usable(&long, &[], "ok");
        assert_usable(&large, &[], "ok");
    }
}

#[test]
fn short_and_long_calls_of_one_plugin_answer_as_if_there_were_only_one_of_them() {
    let plugin = plugin("busy");
    let long = "30000";
    let expected: Vec<_> = ["1", long]
        .map(|rounds| run(&load(&guest("busy")), &[rounds], &Limits::default()).unwrap())
        .into();
    assert!(expected[1].1.fuel_consumed > 100_000);
    for round in 0..OFTEN {
        for (rounds, (result, usage)) in ["1", long].iter().zip(&expected) {
            let (actual, actual_usage) = run(&plugin, &[rounds], &Limits::default()).unwrap();
            assert_eq!(&actual, result, "{rounds} in round {round}");
            assert_eq!(actual_usage.fuel_consumed, usage.fuel_consumed);
        }
    }
}

#[test]
fn a_long_call_that_was_tried_as_a_short_one_has_its_deadline_from_its_second_start() {
    let plugin = plugin("forever");
    let timeout = Duration::from_millis(20);
    for _ in 0..20 {
        let fault = run(&plugin, &[], &with_timeout(timeout)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::DeadlineExceeded { timeout });
        let usage = fault.usage.unwrap();
        assert!(usage.duration >= timeout, "{usage:?}");
        // Written down while it ran, however it ended.
        assert!(usage.fuel_consumed > 50_000, "{usage:?}");
    }
}
