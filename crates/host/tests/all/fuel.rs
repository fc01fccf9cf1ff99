//! Fuel: the same for the same call, counted as wasmtime counts it, and for all that a call does.

use std::thread;

use sen_host::protocol::ExecuteResult;
use sen_host::{Fault, FaultKind, Instance, Limits, Plugin, Usage};

use crate::direct::{Direct, Outcome};
use crate::support::*;

/// Guests of several kinds, with arguments that they answer.
fn calls() -> Vec<(&'static str, Vec<u8>, Vec<&'static str>)> {
    vec![
        ("echo", guest("echo"), vec!["some text"]),
        ("echo of nothing", guest("echo"), vec![]),
        ("busy", guest("busy"), vec!["2000"]),
        ("hello", example("hello"), vec!["World"]),
        (
            "greet",
            example("greet"),
            vec!["evening", "-s", "shout", "--count=3", "Ærøskøbing"],
        ),
    ]
}

fn consumption(plugin: &Plugin, args: &[&str], limits: &Limits) -> u64 {
    run(plugin, args, limits).unwrap().1.fuel_consumed
}

#[test]
fn the_same_call_consumes_the_same_fuel_every_time_and_in_every_thread() {
    for (name, wasm, args) in calls() {
        let plugin = load(&wasm);
        let expected = consumption(&plugin, &args, &Limits::default());
        assert!(expected > 0, "{name}");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let consumed = consumption(&plugin, &args, &Limits::default());
                        assert_eq!(consumed, expected, "{name}");
                    }
                });
            }
        });
        let loaded_again = load(&wasm);
        for limits in [with_fuel(expected), with_fuel(HUGE)] {
            assert_eq!(
                consumption(&loaded_again, &args, &limits),
                expected,
                "{name}"
            );
        }
    }
}

/// Nothing, a few values on the way, and each around what is needed.
fn limits_around(needed: u64) -> Vec<u64> {
    let sparse = (0..40).map(|step| needed * step / 40);
    let dense = needed.saturating_sub(300)..=needed + 5;
    sparse.chain(dense).collect()
}

#[test]
fn at_every_limit_around_the_need_a_call_ends_as_it_does_in_wasmtime_itself() {
    for (name, wasm, args) in calls() {
        let plugin = load(&wasm);
        let needed = consumption(&plugin, &args, &Limits::default());
        for epochs in [true, false] {
            let direct = Direct::new(&wasm, &strings(&args), epochs);
            for limit in limits_around(needed) {
                assert_eq!(
                    outcome(limit, run(&plugin, &args, &with_fuel(limit))),
                    direct.execute(limit, false),
                    "{name} with {limit} of {needed}, epochs: {epochs}"
                );
            }
        }
    }
}

#[test]
fn a_live_instance_runs_out_of_fuel_where_it_does_in_wasmtime_itself_too() {
    for (name, wasm, args) in calls() {
        let plugin = load(&wasm);
        let args = strings(&args);
        let live = |limits: &Limits| Instance::new(plugin.clone()).execute(&args[..], limits, None);
        let needed = live(&Limits::default()).unwrap().1.fuel_consumed;
        let direct = Direct::new(&wasm, &args, true);
        for limit in limits_around(needed) {
            assert_eq!(
                outcome(limit, live(&with_fuel(limit))),
                direct.execute(limit, true),
                "{name} with {limit} of {needed}"
            );
        }
    }
}

/// What an execution with this fuel ended with: success, or being out of it.
fn outcome(limit: u64, execution: Result<(ExecuteResult, Usage), Fault>) -> Outcome {
    let (result, usage) = match execution {
        Ok((result, usage)) => (Some(result), usage),
        Err(fault) => {
            assert_eq!(fault.kind, FaultKind::FuelExhausted { limit });
            (None, fault.usage.unwrap())
        }
    };
    Outcome {
        result,
        remaining: limit - usage.fuel_consumed,
    }
}

#[test]
fn fuel_for_exactly_what_is_needed_is_enough_and_leaves_nothing() {
    for (name, wasm, args) in calls() {
        let plugin = load(&wasm);
        let needed = consumption(&plugin, &args, &Limits::default());
        let enough = outcome(needed, run(&plugin, &args, &with_fuel(needed)));
        assert!(enough.result.is_some(), "{name}");
        assert_eq!(enough.remaining, 0, "{name}");
        let half = outcome(needed / 2, run(&plugin, &args, &with_fuel(needed / 2)));
        assert_eq!((half.result, half.remaining), (None, 0), "{name}");
    }
}

#[test]
fn without_any_fuel_nothing_runs() {
    let plugin = plugin("echo");
    let fault = run(&plugin, &["text"], &with_fuel(0)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::FuelExhausted { limit: 0 });
    assert_eq!(fault.usage.unwrap().fuel_consumed, 0);
    let fault = Plugin::load(&guest("echo"), &with_fuel(0)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::FuelExhausted { limit: 0 });
}

#[test]
fn a_plugin_that_ran_out_of_fuel_can_be_called_again() {
    let plugin = plugin("busy");
    let limits = with_fuel(10_000);
    for _ in 0..100 {
        let fault = run(&plugin, &["1000000"], &limits).unwrap_err();
        assert_eq!(fault.code(), "ERR_FUEL_EXHAUSTED");
        assert_eq!(run(&plugin, &["1000"], &limits).unwrap().0, success("ok"));
    }
}

/// A guest whose allocator goes round a loop a thousand times first, for 5,000 units at least.
fn thrifty_but_for_its_allocator() -> Vec<u8> {
    assemble(&format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "\92\02\92\a4test\acA test guest")
            (data (i32.const 256) "\81\a7Success\a2ok")
            (func (export "plugin_alloc") (param i32) (result i32) (local $i i64)
                {} (i32.const 1024))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
            {})"#,
        count_down("$i", 1000),
        execute("")
    ))
}

#[test]
fn allocating_the_arguments_is_on_the_calls_fuel() {
    let plugin = load(&thrifty_but_for_its_allocator());
    let consumed = consumption(&plugin, &[], &Limits::default());
    assert!(consumed > 5_000, "{consumed}");
    assert!(consumption(&load(&module(&execute(""))), &[], &Limits::default()) < 50);

    let fault = run(&plugin, &[], &with_fuel(4_000)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::FuelExhausted { limit: 4_000 });
    assert_eq!(fault.usage.unwrap().fuel_consumed, 4_000);
}

#[test]
fn giving_memory_back_is_on_the_calls_fuel_where_the_instance_is_kept() {
    let wasm = assemble(&format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "\92\02\92\a4test\acA test guest")
            (data (i32.const 256) "\81\a7Success\a2ok")
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "plugin_dealloc") (param i32 i32) (local $i i64) {})
            (func (export "plugin_manifest") (result i64) (i64.const 0x10_00000015))
            {})"#,
        count_down("$i", 1000),
        execute("")
    ));
    let plugin = load(&wasm);
    assert!(consumption(&plugin, &[], &Limits::default()) < 50);
    let (_, kept) = Instance::new(plugin.clone())
        .execute(&[], &Limits::default(), None)
        .unwrap();
    // Called twice: for the arguments and for the result.
    assert!(kept.fuel_consumed > 10_000, "{kept:?}");
    let fault = Instance::new(plugin)
        .execute(&[], &with_fuel(8_000), None)
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::FuelExhausted { limit: 8_000 });
}

#[test]
fn every_call_of_a_live_instance_has_the_whole_budget() {
    let instance = Instance::new(plugin("busy"));
    let args = strings(&["1000"]);
    let (_, first) = instance.execute(&args[..], &Limits::default(), None).unwrap();
    // Where the last call of all begins with nothing left, wasmtime ends it: hence a little more.
    let limits = with_fuel(first.fuel_consumed + 10);
    for _ in 0..100 {
        let (result, usage) = instance.execute(&args[..], &limits, None).unwrap();
        assert_eq!(result, success("ok"));
        assert_eq!(usage.fuel_consumed, first.fuel_consumed);
    }
}

/// A guest that goes round a loop in its start function, and in `plugin_manifest`.
fn slow_to_start(start_rounds: u64, manifest_rounds: u64) -> Vec<u8> {
    assemble(&format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 16) "\92\02\92\a4test\acA test guest")
            (data (i32.const 256) "\81\a7Success\a2ok")
            (func $start (local $i i64) {})
            (start $start)
            (func (export "plugin_alloc") (param i32) (result i32) (i32.const 1024))
            (func (export "plugin_dealloc") (param i32 i32))
            (func (export "plugin_manifest") (result i64) (local $i i64)
                {} (i64.const 0x10_00000015))
            {})"#,
        count_down("$i", start_rounds),
        count_down("$i", manifest_rounds),
        execute("")
    ))
}

#[test]
fn starting_up_is_not_on_the_calls_fuel() {
    let plugin = load(&slow_to_start(100_000, 1));
    let started_at_once = load(&slow_to_start(1, 1));
    let needed = consumption(&started_at_once, &[], &Limits::default());
    assert_eq!(consumption(&plugin, &[], &with_fuel(needed)), needed);
    let (result, usage) = Instance::new(plugin)
        .execute(&[], &with_fuel(needed + 100), None)
        .unwrap();
    assert_eq!(result, success("ok"));
    assert!(usage.fuel_consumed < needed + 100);
}

#[test]
fn starting_up_has_a_budget_of_its_own() {
    // Six units of fuel or so a round.
    let plugin = load(&slow_to_start(100_000, 1));
    let fault = run(
        &plugin.with_limits(&with_fuel(100_000)),
        &[],
        &Limits::default(),
    )
    .unwrap_err();
    assert_eq!(fault.kind, FaultKind::FuelExhausted { limit: 100_000 });
    assert_eq!(fault.usage.unwrap().fuel_consumed, 100_000);
    let enough = plugin.with_limits(&with_fuel(1_000_000));
    assert_eq!(answer(&enough, &[]), success("ok"));
}

#[test]
fn starting_up_and_the_manifest_share_one_budget() {
    let limits = with_fuel(1_000_000);
    assert!(Plugin::load(&slow_to_start(100_000, 1), &limits).is_ok());
    assert!(Plugin::load(&slow_to_start(1, 100_000), &limits).is_ok());
    let fault = Plugin::load(&slow_to_start(100_000, 100_000), &limits).unwrap_err();
    assert_eq!(fault.kind, FaultKind::FuelExhausted { limit: 1_000_000 });
    assert_eq!(fault.usage.unwrap().fuel_consumed, 1_000_000);
}

#[test]
fn the_receipt_of_a_guest_that_the_clock_stopped_says_what_it_had_consumed() {
    let plugin = plugin("forever");
    let limits = with_timeout(std::time::Duration::from_millis(30));
    let fault = run(&plugin, &[], &limits).unwrap_err();
    assert_eq!(fault.code(), "ERR_DEADLINE_EXCEEDED");
    let consumed = fault.usage.unwrap().fuel_consumed;
    // An empty loop that runs for 30 ms goes round millions of times.
    assert!((100_000..u64::MAX / 2).contains(&consumed), "{consumed}");
}
