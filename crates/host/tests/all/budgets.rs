//! Guests that never end by themselves: out of fuel, or out of time.

use std::time::{Duration, Instant};

use sen_host::protocol::{EffectResult, ExecuteResult};
use sen_host::{Fault, FaultKind, Instance, Interrupts, Limits, Plugin};

use crate::support::*;

/// What leads into the loop of a guest.
enum Way {
    Load,
    Execute,
    ExecuteLive,
    Resume,
}

/// Every guest that loops for ever, and how to get it to.
const FOREVER: [(&str, Way); 9] = [
    ("forever", Way::Execute),
    ("forever-in-start", Way::Load),
    ("forever-in-initialize", Way::Load),
    ("forever-in-manifest", Way::Load),
    ("forever-in-alloc", Way::Execute),
    ("forever-in-dealloc", Way::ExecuteLive),
    ("forever-in-resume", Way::Resume),
    ("failing-grow-loop", Way::Execute),
    ("fill-loop", Way::Execute),
];

/// The fault of a guest that is led into its loop.
fn fault_of(name: &str, way: &Way, limits: &Limits) -> Fault {
    let wasm = guest(name);
    if let Way::Load = way {
        return Plugin::load(&wasm, limits).unwrap_err();
    }
    let plugin = load(&wasm);
    match way {
        Way::Load | Way::Execute => run(&plugin, &[], limits).unwrap_err(),
        Way::ExecuteLive => Instance::new(plugin)
            .execute(&[], limits, None)
            .unwrap_err(),
        Way::Resume => suspended(&plugin)
            .resume(1, &EffectResult::SleepComplete, limits, None)
            .unwrap_err(),
    }
}

fn suspended(plugin: &Plugin) -> Instance {
    let reply = plugin
        .execute(&[], &Limits::default(), &Interrupts::default())
        .unwrap();
    assert!(matches!(reply.result, ExecuteResult::Effect(_)));
    reply.suspended.unwrap()
}

#[test]
fn a_guest_that_never_ends_runs_out_of_fuel_wherever_it_is() {
    for (name, way) in &FOREVER {
        for fuel in [10_000, 1_000_000] {
            let fault = promptly(|| fault_of(name, way, &with_fuel(fuel)));
            assert_eq!(
                fault.kind,
                FaultKind::FuelExhausted { limit: fuel },
                "{name}"
            );
            let usage = fault
                .usage
                .unwrap_or_else(|| panic!("{name} has no receipt"));
            assert_eq!(usage.fuel_consumed, fuel, "{name}");
            assert!(usage.peak_memory_bytes >= 65_536, "{name}: {usage:?}");
        }
    }
}

#[test]
fn a_guest_with_more_fuel_than_time_is_stopped_by_the_clock_wherever_it_is() {
    for (name, way) in &FOREVER {
        for timeout in [Duration::from_millis(1), Duration::from_millis(40)] {
            let began = Instant::now();
            let fault = promptly(|| fault_of(name, way, &with_timeout(timeout)));
            assert_eq!(
                fault.kind,
                FaultKind::DeadlineExceeded { timeout },
                "{name}"
            );
            assert!(began.elapsed() >= timeout, "{name}");
            let usage = fault
                .usage
                .unwrap_or_else(|| panic!("{name} has no receipt"));
            // Less where a call began after the clock did.
            assert!(usage.duration >= timeout / 2, "{name}: {usage:?}");
            assert!(usage.duration < HANG, "{name}: {usage:?}");
        }
    }
}

#[test]
fn a_guest_whose_memory_is_never_given_back_need_not_be_asked_to() {
    assert_usable(&plugin("forever-in-dealloc"), &[], "ok");
}

#[test]
fn a_guest_that_ends_in_time_is_left_alone() {
    let limits = with_timeout(Duration::from_secs(60));
    let plugin = plugin("busy");
    // Some milliseconds, hence several looks at the clock.
    let (result, usage) = run(&plugin, &["5000000"], &limits).unwrap();
    assert_eq!(result, success("ok"));
    assert!(usage.duration > Duration::from_millis(1), "{usage:?}");
}

/// Guests whose loops cost little fuel for the time they take, or much of both at once: every
/// instruction that works on a range of memory or table.
#[test]
fn no_instruction_keeps_a_guest_from_being_stopped() {
    let memory = r#"(memory (export "memory") 1024) (memory $other 1)"#;
    let limits = Limits {
        memory_bytes: 128 << 20,
        ..with_timeout(Duration::from_millis(20))
    };
    let table = "(table $table 90000 funcref) (table $other_table 10000 funcref) (elem $elements func $nothing)";
    let start = "(i32.const 65536)";
    for instructions in [
        format!("(memory.fill {start} (i32.const 7) (i32.const 67043328))"),
        format!("(memory.copy {start} (i32.const 65537) (i32.const 67043327))"),
        format!("(memory.init $bytes {start} (i32.const 0) (i32.const 4))"),
        "(drop (memory.grow (i32.const 65535)))".into(),
        "(drop (memory.grow $other (i32.const 65535)))".into(),
        "(drop (memory.grow (i32.const 0)))".into(),
        "(drop (table.grow $table (ref.null func) (i32.const 10)))".into(),
        "(table.fill $table (i32.const 0) (ref.func $nothing) (i32.const 90000))".into(),
        "(table.copy $table $table (i32.const 0) (i32.const 1) (i32.const 89999))".into(),
        "(table.init $table $elements (i32.const 0) (i32.const 0) (i32.const 1))".into(),
        "(call $nothing)".into(),
        "(call_indirect $table (i32.const 89999))".into(),
    ] {
        let wasm = module_with_memory(&format!(
            r#"{memory} {table}
            (data $bytes "test")
            (func $nothing)
            {}"#,
            execute(&format!(
                "(table.set $table (i32.const 89999) (ref.func $nothing))
                (loop $again {instructions} (br $again))"
            ))
        ));
        // Its manifest has the time that a busy machine may take for it.
        let loading = Limits {
            timeout: Limits::default().timeout,
            ..limits
        };
        let plugin = Plugin::load(&wasm, &loading).unwrap_or_else(|fault| panic!("{fault:?}"));
        let fault = promptly(|| run(&plugin, &[], &limits).unwrap_err());
        assert_eq!(fault.code(), "ERR_DEADLINE_EXCEEDED", "{instructions}");
    }
}

#[test]
fn many_guests_at_once_all_meet_their_deadline() {
    let plugin = plugin("forever");
    let timeout = Duration::from_millis(20);
    promptly(|| {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let fault = run(&plugin, &[], &with_timeout(timeout)).unwrap_err();
                    assert_eq!(fault.kind, FaultKind::DeadlineExceeded { timeout });
                });
            }
        });
    });
}

#[test]
fn the_clock_still_stops_guests_after_the_host_was_idle() {
    let plugin = plugin("forever");
    let limits = with_timeout(Duration::from_millis(5));
    for pause in [0, 5, 150, 250] {
        std::thread::sleep(Duration::from_millis(pause));
        let fault = promptly(|| run(&plugin, &[], &limits).unwrap_err());
        assert_eq!(fault.code(), "ERR_DEADLINE_EXCEEDED");
    }
}

#[test]
fn a_live_instance_has_its_whole_time_for_every_call() {
    let instance = Instance::new(plugin("busy"));
    let limits = with_timeout(Duration::from_secs(60));
    let short = with_timeout(Duration::from_millis(20));
    let args = strings(&["1000"]);
    instance.execute(&args[..], &limits, None).unwrap();
    std::thread::sleep(Duration::from_millis(40));
    // The time between two calls is nobody's.
    let (result, _) = instance.execute(&args[..], &limits, None).unwrap();
    assert_eq!(result, success("ok"));
    let endless = strings(&["999999999999999999"]);
    let fault = instance.execute(&endless[..], &short, None).unwrap_err();
    assert_eq!(
        fault.kind,
        FaultKind::DeadlineExceeded {
            timeout: short.timeout
        }
    );
    assert_eq!(
        instance.execute(&args[..], &limits, None).unwrap().0,
        success("ok")
    );
}

#[test]
fn the_time_that_a_receipt_names_includes_starting_up_whether_the_call_succeeds_or_not() {
    // About 50 million rounds, and then either an answer or a trap.
    let wasm = module(&format!(
        r#"(func $start (local $i i64) {})
        (start $start)
        (func (export "plugin_execute") (param $ptr i32) (param i32) (result i64)
            ;; The length of the array of arguments.
            (if (i32.ne (i32.load8_u (local.get $ptr)) (i32.const 0x90)) (then (unreachable)))
            (i64.const 0x100_0000000c))"#,
        count_down("$i", 50_000_000)
    ));
    let limits = with_timeout(Duration::from_secs(60));
    let plugin = Plugin::load(&wasm, &limits).unwrap();
    let at_least = Duration::from_millis(5);
    let (_, usage) = run(&plugin, &[], &limits).unwrap();
    assert!(usage.duration > at_least, "{usage:?}");
    let usage = run(&plugin, &["trap"], &limits).unwrap_err().usage.unwrap();
    assert!(usage.duration > at_least, "{usage:?}");
}

#[test]
fn the_longest_time_that_there_is_can_be_asked_for() {
    let limits = Limits {
        timeout: Duration::MAX,
        ..Limits::default()
    };
    let plugin = plugin("echo");
    assert_eq!(run(&plugin, &["text"], &limits).unwrap().0, success("text"));
}

#[test]
fn no_time_at_all_is_enough_for_nobody_who_takes_long() {
    let limits = with_timeout(Duration::ZERO);
    let fault = promptly(|| run(&plugin("forever"), &[], &limits).unwrap_err());
    assert_eq!(
        fault.kind,
        FaultKind::DeadlineExceeded {
            timeout: Duration::ZERO
        }
    );
}
