//! Nothing survives from one execution to the next, and nothing is shared but the code.

use std::thread;
use std::time::Duration;

use sen_host::{Instance, Limits};

use crate::support::*;

#[test]
fn every_execution_finds_memory_globals_and_tables_as_the_module_says() {
    let plugin = plugin("dirty");
    for _ in 0..1_000 {
        assert_eq!(answer(&plugin, &[]), success("clean"));
    }
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(answer(&plugin, &[]), success("clean"));
                }
            });
        }
    });
}

#[test]
fn a_live_instance_keeps_memory_globals_and_tables() {
    let instance = Instance::new(plugin("dirty"));
    let call = || instance.execute(&[], &Limits::default(), None).unwrap().0;
    assert_eq!(call(), success("clean"));
    for _ in 0..100 {
        assert_eq!(call(), success("dirty"));
    }
}

#[test]
fn a_pristine_instance_counts_from_the_beginning_and_a_live_one_counts_on() {
    let plugin = plugin("counter");
    let instance = Instance::new(plugin.clone());
    for number in 1..=100 {
        assert_eq!(answer(&plugin, &[]), success("1"));
        let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
        assert_eq!(result, success(&number.to_string()));
    }
}

#[test]
fn two_live_instances_of_one_plugin_share_nothing() {
    let plugin = plugin("counter");
    let instances = [Instance::new(plugin.clone()), Instance::new(plugin)];
    for number in 1..=3 {
        for instance in &instances {
            let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
            assert_eq!(result, success(&number.to_string()));
        }
    }
}

#[test]
fn calls_of_one_live_instance_from_many_threads_come_one_after_the_other() {
    let instance = Instance::new(plugin("counter"));
    let mut answers: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let call = |_| instance.execute(&[], &Limits::default(), None).unwrap().0;
                    (0..25).map(call).collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .map(|result| format!("{result:?}"))
            .collect()
    });
    answers.sort();
    let mut expected: Vec<String> = (1..=200)
        .map(|number| format!("{:?}", success(&number.to_string())))
        .collect();
    expected.sort();
    assert_eq!(answers, expected);
}

/// A guest that fills all of 32 MiB, grown from one page, with its mark, and traps if it found
/// anything there. It overwrites its data segment, drops its passive ones and fills a table it has
/// grown; and it says so in its result.
fn hoarder() -> Vec<u8> {
    module_with_memory(&format!(
        r#"(memory (export "memory") 1)
        (table $table 1 funcref)
        (elem $elements func $nothing)
        (data $passive "pass")
        (data (i32.const 300) "data")
        (func $nothing)
        {}"#,
        execute(
            r#"(local $at i32)
            (drop (memory.grow (i32.const 511)))
            (drop (table.grow $table (ref.null func) (i32.const 999)))
            (if (i32.ne (i32.load (i32.const 300)) (i32.const 0x61746164)) (then (unreachable)))
            ;; Both trap when they have been dropped.
            (memory.init $passive (i32.const 65536) (i32.const 0) (i32.const 4))
            (table.init $table $elements (i32.const 0) (i32.const 0) (i32.const 1))
            (memory.fill (i32.const 65536) (i32.const 0) (i32.const 4))
            (local.set $at (i32.const 65536))
            (loop $next
              (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (unreachable)))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br_if $next (i32.lt_u (local.get $at) (i32.const 33554432))))
            (local.set $at (i32.const 1))
            (loop $next
              (if (i32.eqz (ref.is_null (table.get $table (local.get $at)))) (then (unreachable)))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br_if $next (i32.lt_u (local.get $at) (i32.const 1000))))
            (memory.fill (i32.const 65536) (i32.const 0x5a) (i32.const 33488896))
            (table.fill $table (i32.const 0) (ref.func $nothing) (i32.const 1000))
            (i32.store (i32.const 300) (i32.const 0))
            (data.drop $passive)
            (elem.drop $elements)"#
        )
    ))
}

#[test]
fn a_guest_that_leaves_everything_full_leaves_nothing_behind() {
    let plugin = load(&hoarder());
    let limits = with_timeout(Duration::from_secs(60));
    let execute = || assert_eq!(run(&plugin, &[], &limits).unwrap().0, success("ok"));
    for _ in 0..10 {
        execute();
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| execute()));
        }
    });
    // On a live instance it does find what it left: the test is able to fail.
    let instance = Instance::new(plugin.clone());
    assert!(instance.execute(&[], &limits, None).is_ok());
    assert!(instance.execute(&[], &limits, None).is_err());
}

#[test]
fn a_plugin_sees_nothing_of_another_that_ran_before_it() {
    let writer = load(&module_with_memory(&format!(
        r#"(memory (export "memory") 64) {}"#,
        execute("(memory.fill (i32.const 65536) (i32.const 0x5a) (i32.const 4128768))")
    )));
    let reader = load(&module_with_memory(&format!(
        r#"(memory (export "memory") 64) {}"#,
        execute(
            "(local $at i32)
            (local.set $at (i32.const 65536))
            (loop $next
              (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (unreachable)))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br_if $next (i32.lt_u (local.get $at) (i32.const 4194304))))"
        )
    )));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_usable(&writer, &[], "ok");
                    assert_usable(&reader, &[], "ok");
                }
            });
        }
    });
}

/// A guest that counts its calls, and then does what its first argument's first letter says: traps
/// or loops for ever.
fn moody() -> Vec<u8> {
    module(
        r#"(global $count (mut i32) (i32.const 0))
        (data (i32.const 600) "\81\a7Success\a10")
        (func (export "plugin_execute") (param $ptr i32) (param $len i32) (result i64)
            (local $letter i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (if (i32.ne (i32.load8_u (local.get $ptr)) (i32.const 0x90))
              (then (local.set $letter (i32.load8_u offset=2 (local.get $ptr)))))
            (if (i32.eq (local.get $letter) (i32.const 0x74)) (then (unreachable)))
            (if (i32.eq (local.get $letter) (i32.const 0x6c)) (then (loop $again (br $again))))
            (i32.store8 (i32.const 610) (i32.add (i32.const 48) (global.get $count)))
            (i64.const 0x258_0000000b))"#,
    )
}

#[test]
fn an_instance_that_failed_is_replaced_and_can_be_called_again_at_once() {
    let instance = Instance::new(load(&moody()));
    let short = with_timeout(Duration::from_millis(5));
    for (args, limits, code) in [
        (["trap"], Limits::default(), "ERR_TRAP"),
        (["loop"], Limits::default(), "ERR_FUEL_EXHAUSTED"),
        (["loop"], short, "ERR_DEADLINE_EXCEEDED"),
    ] {
        for number in ["1", "2", "3"] {
            let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
            assert_eq!(result, success(number), "before {code}");
        }
        let fault = instance
            .execute(strings(&args), &limits, None)
            .unwrap_err();
        assert_eq!(fault.code(), code);
        let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
        assert_eq!(result, success("1"), "after {code}");
        let fault = instance
            .execute(strings(&args), &limits, None)
            .unwrap_err();
        assert_eq!(fault.code(), code);
    }
}

#[test]
fn a_plugin_is_none_the_worse_for_an_execution_that_failed() {
    let plugin = load(&moody());
    let short = with_timeout(Duration::from_millis(5));
    for _ in 0..10 {
        for (args, limits, code) in [
            (["trap"], Limits::default(), "ERR_TRAP"),
            (["loop"], Limits::default(), "ERR_FUEL_EXHAUSTED"),
            (["loop"], short, "ERR_DEADLINE_EXCEEDED"),
        ] {
            assert_eq!(run(&plugin, &args, &limits).unwrap_err().code(), code);
            assert_usable(&plugin, &[], "1");
        }
    }
}

#[test]
fn an_instance_whose_answer_was_refused_keeps_its_memory() {
    // The guest came out in order: it is the answer that was too long.
    let instance = Instance::new(plugin("counter"));
    let narrow = Limits {
        result_bytes: 10,
        ..Limits::default()
    };
    let fault = instance.execute(&[], &narrow, None).unwrap_err();
    assert_eq!(fault.code(), "ERR_RESULT_TOO_LARGE");
    let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
    assert_eq!(result, success("2"));
}
