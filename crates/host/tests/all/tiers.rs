//! Code gets better while a plugin is used, in the background. Nobody can tell but by the clock.

use std::thread;
use std::time::Duration;

use sen_host::{FaultKind, Instance, Limits, LoadFor, Plugin};

use crate::direct::Direct;
use crate::random::Random;
use crate::support::*;

/// Work of more than a million units of fuel, which is worth better code.
const LONG: &str = "300000";

/// Executes often and for long enough that better code is there in the end, where a machine is not
/// very busy.
fn use_for_a_while(mut execute: impl FnMut()) {
    for _ in 0..60 {
        execute();
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_plugin_answers_the_same_on_the_same_fuel_however_long_it_has_been_used() {
    for (name, wasm, args) in [
        ("echo", guest("echo"), vec!["some text"]),
        ("busy", guest("busy"), vec!["1000"]),
        ("busy for long", guest("busy"), vec![LONG]),
        ("hello", example("hello"), vec!["World"]),
        (
            "greet",
            example("greet"),
            vec!["-n", "100", "-s", "shout", "Ærøskøbing"],
        ),
        ("spin", example("spin"), vec!["200000"]),
    ] {
        let plugin = load(&wasm);
        let first = run(&plugin, &args, &Limits::default()).unwrap();
        use_for_a_while(|| {
            let (result, usage) = run(&plugin, &args, &Limits::default()).unwrap();
            assert_eq!(result, first.0, "{name}");
            assert_eq!(usage.fuel_consumed, first.1.fuel_consumed, "{name}");
            assert_eq!(usage.peak_memory_bytes, first.1.peak_memory_bytes, "{name}");
        });
    }
}

#[test]
fn a_plugin_that_was_used_for_long_runs_out_of_fuel_where_it_does_in_wasmtime_itself() {
    let wasm = guest("busy");
    let plugin = load(&wasm);
    use_for_a_while(|| assert_usable(&plugin, &[LONG], "ok"));
    let needed = run(&plugin, &[LONG], &Limits::default())
        .unwrap()
        .1
        .fuel_consumed;
    assert!(needed > 1_000_000, "{needed}");
    let direct = Direct::new(&wasm, &strings(&[LONG]), true);
    for limit in needed - 30..=needed + 5 {
        let (result, remaining) = match run(&plugin, &[LONG], &with_fuel(limit)) {
            Ok((result, usage)) => (Some(result), limit - usage.fuel_consumed),
            Err(fault) => {
                assert_eq!(fault.kind, FaultKind::FuelExhausted { limit });
                (None, limit - fault.usage.unwrap().fuel_consumed)
            }
        };
        let expected = direct.execute(limit, false);
        assert_eq!(
            (result, remaining),
            (expected.result, expected.remaining),
            "{limit} of {needed}"
        );
    }
}

#[test]
fn a_plugin_fails_in_the_same_way_however_long_it_has_been_used() {
    let traps = [
        "(unreachable)",
        "(drop (i32.div_s (i32.const 1) (global.get $zero)))",
        "(drop (i32.div_s (i32.const 0x80000000) (i32.sub (global.get $zero) (i32.const 1))))",
        "(drop (i64.load (i32.const 0x7fffffff)))",
        "(i64.store offset=0xfffffff8 (i32.const -1) (i64.const 0))",
        "(memory.fill (i32.const 65535) (i32.const 0) (i32.const 2))",
        "(memory.copy (i32.const 0) (i32.const 1) (i32.const 65536))",
        "(memory.init $bytes (i32.const 0) (i32.const 1) (i32.const 4))",
        "(call_indirect $table (i32.const 0))",
        "(call_indirect $table (i32.const 9))",
        "(call_indirect $table (param i64) (i64.const 0) (i32.const 1))",
        "(drop (table.get $table (i32.const 2)))",
        "(table.fill $table (i32.const 1) (ref.null func) (i32.const 2))",
        "(drop (i32.trunc_f64_u (f64.const -1)))",
        "(loop $again (br $again))",
    ];
    // Short calls and long ones get code of different kinds.
    for rounds in [1, 400_000] {
        for trap in traps {
            let wasm = module(&format!(
                r#"(table $table 2 funcref) (elem (i32.const 1) $fails) (data $bytes "test")
                (global $zero (mut i32) (i32.const 0))
                (func $fails {trap})
                (func $outer (local $i i64) {} (call $fails))
                {}"#,
                count_down("$i", rounds),
                execute("(call $outer)")
            ));
            let plugin = load(&wasm);
            let first = fault(&plugin, &[]);
            for _ in 0..8 {
                thread::sleep(Duration::from_millis(4));
                let again = fault(&plugin, &[]);
                assert_eq!(again.kind, first.kind, "{trap}");
                let fuel = |fault: &sen_host::Fault| fault.usage.unwrap().fuel_consumed;
                assert_eq!(fuel(&again), fuel(&first), "{trap}");
            }
        }
    }
}

#[test]
fn a_plugin_that_was_used_for_long_still_stops_in_time() {
    let plugin = plugin("busy");
    use_for_a_while(|| assert_usable(&plugin, &[LONG], "ok"));
    let timeout = Duration::from_millis(20);
    let limits = with_timeout(timeout);
    let fault = promptly(|| run(&plugin, &["999999999999999999"], &limits).unwrap_err());
    assert_eq!(fault.kind, FaultKind::DeadlineExceeded { timeout });
}

/// What a function does that calls itself as `(call $next)`. Compiled frames differ by what is kept
/// across the call, which is not the same in code of every kind.
const FRAMES: [&str; 3] = [
    "(local.set $sum (call $next))",
    "(i32.store offset=0x8000 (local.get $at) (local.get $left))
    (local.set $sum (call $next))
    (local.set $sum (i32.load offset=0x8000 (local.get $at)))",
    // Where the memory begins is kept for the whole loop, if the memory cannot be moved.
    "(loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=0x8000 (local.get $at))))
      (i32.store offset=0x8000 (local.get $at) (local.get $sum))
      (if (i32.eqz (local.get $at)) (then (local.set $sum (call $next))))
      (i32.store8 offset=0x8008 (local.get $at) (local.get $left))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 1))))",
];

/// A guest that works for `rounds`, and then calls itself this often before it comes back.
fn deep(rounds: u64, frame: &str, calls: u32) -> Plugin {
    let next = "(call $deeper (i32.sub (local.get $left) (i32.const 1)))";
    let frame = frame.replace("(call $next)", next);
    load(&module(&format!(
        r#"(func $deeper (param $left i32) (result i32) (local $sum i32) (local $at i32)
            (if (i32.eqz (local.get $left)) (then (return (i32.const 0))))
            {frame}
            (i32.add (local.get $sum) (local.get $left)))
        (func $work (local $i i64) {})
        {}"#,
        count_down("$i", rounds),
        execute(&format!(
            "(call $work) (drop (call $deeper (i32.const {calls})))"
        ))
    )))
}

#[test]
fn how_deep_calls_nest_is_the_same_however_long_a_plugin_has_been_used() {
    for rounds in [1, 400_000] {
        for frame in FRAMES {
            let outcome = |plugin: &Plugin| run(plugin, &[], &with_fuel(HUGE)).map(|_| ());
            let fits = |calls| outcome(&deep(rounds, frame, calls)).is_ok();
            let (mut fitting, mut overflowing) = (1_000, 60_000);
            while overflowing - fitting > 1 {
                let middle = (fitting + overflowing) / 2;
                if fits(middle) {
                    fitting = middle;
                } else {
                    overflowing = middle;
                }
            }
            let plugins = [fitting, overflowing].map(|calls| deep(rounds, frame, calls));
            use_for_a_while(|| {
                let [fits, overflows] = plugins.each_ref().map(outcome);
                assert_eq!(fits.map_err(|fault| fault.kind), Ok(()), "{fitting}");
                let overflows = overflows.map_err(|fault| fault.kind);
                assert_eq!(overflows, Err(FaultKind::StackOverflow), "{overflowing}");
            });
        }
    }
}

/// The same module with the code that is made fastest, and with the code that decides.
fn first_and_deciding(wasm: &[u8]) -> [Plugin; 2] {
    [LoadFor::Executions, LoadFor::LiveInstance]
        .map(|load_for| Plugin::load_cached(wasm, &Limits::default(), None, load_for).unwrap())
}

/// What an execution ends with, but for the time that it took.
fn outcome(plugin: &Plugin, args: &[&str], limits: &Limits) -> (String, u64, usize) {
    let (outcome, usage) = match run(plugin, args, limits) {
        Ok((result, usage)) => (format!("{result:?}"), usage),
        Err(fault) => (format!("{:?}", fault.kind), fault.usage.unwrap()),
    };
    (outcome, usage.fuel_consumed, usage.peak_memory_bytes)
}

#[test]
fn the_first_code_answers_the_same_on_the_same_fuel_whatever_the_arguments() {
    let mut random = Random::from_seed(4);
    let words = [
        "",
        "-n",
        "3",
        "-s",
        "shout",
        "--count=2",
        "--help",
        "evening",
        "Ada",
        "Ærøskøbing",
        "\u{0}",
        "99999",
        "-1",
        "x y z",
        "--",
        "日本語",
    ];
    for name in ["hello", "greet", "wc", "fail", "rot13", "spin"] {
        let wasm = example(name);
        // Anew each time: code that is used for long is not the first one.
        for _ in 0..6 {
            let plugins = first_and_deciding(&wasm);
            // The third execution asks for better code, which takes longer to come than this.
            for _ in 0..3 {
                let args: Vec<&str> = (0..random.below(5)).map(|_| *random.pick(&words)).collect();
                let [first, deciding] = plugins
                    .each_ref()
                    .map(|plugin| outcome(plugin, &args, &Limits::default()));
                assert_eq!(first, deciding, "{name} {args:?}");
            }
        }
    }
}

#[test]
fn the_first_code_fails_in_the_same_way() {
    for name in [
        "recurse",
        "recurse-mutual",
        "recurse-table",
        "trap-unreachable",
        "divide-by-zero",
        "integer-overflow",
        "out-of-bounds",
        "indirect-call-null",
        "table-out-of-bounds",
        "forever",
        "grow-memory-past-limit",
        "grow-memory-loop-then-trap",
        "grow-table-past-limit",
        "fill-loop",
        "failing-grow-loop",
    ] {
        let limits = with_timeout(Duration::from_secs(60));
        let limits = Limits {
            fuel: 3_000_000,
            ..limits
        };
        let [first, deciding] = first_and_deciding(&guest(name))
            .each_ref()
            .map(|plugin| outcome(plugin, &[], &limits));
        assert_eq!(first, deciding, "{name}");
    }
}

#[test]
fn a_live_instance_of_a_plugin_that_was_loaded_for_executions_is_as_deep_as_any() {
    for name in ["recurse", "recurse-mutual", "recurse-table"] {
        let outcomes = first_and_deciding(&guest(name)).map(|plugin| {
            let instance = Instance::new(plugin);
            let fault = instance.execute(&[], &with_fuel(HUGE), None).unwrap_err();
            (fault.kind, fault.usage.unwrap().fuel_consumed)
        });
        assert_eq!(outcomes[0].0, FaultKind::StackOverflow);
        assert_eq!(outcomes[0], outcomes[1], "{name}");
    }
}
