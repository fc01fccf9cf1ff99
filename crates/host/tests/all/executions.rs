//! Executions that run a little at a time, on one thread after another.

use std::thread;
use std::time::{Duration, Instant};

use sen_host::protocol::{EffectResult, ExecuteResult};
use sen_host::{
    Execution, Fault, Interrupt, InterruptReason, Interrupts, Limits, Plugin, Reply, World,
};

use crate::support::*;

fn start(plugin: &Plugin, args: &[&str], limits: Limits) -> Execution {
    plugin.start(
        World::default(),
        strings(args),
        limits,
        Interrupts::default(),
    )
}

/// Runs an execution to its end in slices. The reply, and how many slices it took.
fn in_slices(mut execution: Execution, slice: Duration) -> (Result<Reply, Fault>, usize) {
    for count in 1.. {
        if let Some(reply) = execution.run_for(slice) {
            return (reply, count);
        }
    }
    unreachable!()
}

#[test]
fn an_execution_in_slices_ends_as_it_does_in_one_go() {
    for (name, args) in [
        ("echo", "text"),
        ("busy", "300000"),
        ("error-user", ""),
        ("trap-unreachable", ""),
        ("recurse", ""),
        ("forever", ""),
        ("grow-memory-loop-then-trap", ""),
    ] {
        let plugin = plugin(name);
        let whole = run(&plugin, &[args], &Limits::default());
        for slice in [Duration::ZERO, Duration::from_micros(200), HANG] {
            let (reply, _) = in_slices(start(&plugin, &[args], Limits::default()), slice);
            let reply = reply.map(|reply| (reply.result, reply.usage));
            match (&reply, &whole) {
                (Ok((result, usage)), Ok((expected, expected_usage))) => {
                    assert_eq!(result, expected, "{name}");
                    assert_eq!(usage.fuel_consumed, expected_usage.fuel_consumed, "{name}");
                }
                (Err(fault), Err(expected)) => {
                    assert_eq!(fault.kind, expected.kind, "{name}");
                    let fuel = |fault: &Fault| fault.usage.unwrap().fuel_consumed;
                    if name != "recurse" {
                        assert_eq!(fuel(fault), fuel(expected), "{name}");
                    }
                }
                _ => panic!("{name}: {reply:?}, but {whole:?}"),
            }
        }
        let reply = start(&plugin, &[args], Limits::default()).run();
        assert_eq!(reply.is_ok(), whole.is_ok(), "{name}");
    }
}

#[test]
fn a_slice_ends_whatever_the_guest_does() {
    let limits = with_timeout(Duration::from_secs(3600));
    for name in [
        "forever",
        "failing-grow-loop",
        "fill-loop",
        "forever-in-alloc",
    ] {
        let mut execution = start(&plugin(name), &[], limits);
        for _ in 0..20 {
            let began = Instant::now();
            assert!(
                execution.run_for(Duration::from_millis(1)).is_none(),
                "{name}"
            );
            // The guest itself would take an hour: any end soon is the slice's.
            assert!(began.elapsed() < HANG, "{name}: {:?}", began.elapsed());
        }
    }
}

#[test]
fn a_guest_that_computes_for_long_takes_many_slices_and_a_short_one_takes_one() {
    let limits = with_timeout(HANG);
    let (reply, count) = in_slices(start(&plugin("busy"), &["1000000"], limits), Duration::ZERO);
    assert_eq!(reply.unwrap().result, success("ok"));
    assert!(count > 10, "{count}");
    let (reply, count) = in_slices(start(&plugin("echo"), &["text"], limits), HANG);
    assert_eq!((reply.unwrap().result, count), (success("text"), 1));
}

#[test]
fn time_between_slices_is_not_the_guests() {
    let timeout = Duration::from_millis(250);
    let mut execution = start(&plugin("busy"), &["1000000"], with_timeout(timeout));
    // Before the first and after it.
    thread::sleep(timeout);
    assert!(execution.run_for(Duration::ZERO).is_none());
    thread::sleep(timeout);
    let reply = execution.run().unwrap();
    assert_eq!(reply.result, success("ok"));
    assert!(reply.usage.duration < timeout, "{:?}", reply.usage);
}

#[test]
fn time_in_slices_is_the_guests() {
    let timeout = Duration::from_millis(30);
    let mut execution = start(&plugin("forever"), &[], with_timeout(timeout));
    let fault = promptly(|| {
        loop {
            if let Some(reply) = execution.run_for(Duration::from_millis(2)) {
                return reply.err().unwrap();
            }
        }
    });
    assert_eq!(fault.code(), "ERR_DEADLINE_EXCEEDED");
    assert!(fault.usage.unwrap().duration >= timeout);
}

#[test]
fn an_execution_can_go_on_on_another_thread() {
    let plugin = plugin("busy");
    let expected = run(&plugin, &["500000"], &Limits::default()).unwrap();
    let mut execution = start(&plugin, &["500000"], Limits::default());
    let reply = loop {
        let slice = thread::spawn(move || {
            let reply = execution.run_for(Duration::ZERO);
            (execution, reply)
        });
        let (moved, reply) = slice.join().unwrap();
        if let Some(reply) = reply {
            break reply.unwrap();
        }
        execution = moved;
    };
    assert_eq!(reply.result, expected.0);
    assert_eq!(reply.usage.fuel_consumed, expected.1.fuel_consumed);
}

#[test]
fn executions_that_take_turns_do_not_see_each_other() {
    let plugin = plugin("echo");
    // Enough to copy that each gives way several times.
    let texts: Vec<String> = (0..40)
        .map(|number| format!("{number} ").repeat(60_000))
        .collect();
    let mut running: Vec<_> = texts
        .iter()
        .map(|text| Some(start(&plugin, &[text], with_fuel(HUGE))))
        .collect();
    let mut answers = vec![None; texts.len()];
    while running.iter().any(Option::is_some) {
        for (slot, answer) in running.iter_mut().zip(&mut answers) {
            let reply = slot
                .as_mut()
                .and_then(|execution| execution.run_for(Duration::ZERO));
            if let Some(reply) = reply {
                *answer = Some(reply.unwrap().result);
                *slot = None;
            }
        }
    }
    for (text, answer) in texts.iter().zip(answers) {
        assert_eq!(answer.unwrap(), success(text));
    }
}

#[test]
fn an_execution_that_is_dropped_half_way_leaves_nothing_behind() {
    let (forever, dirty) = (plugin("forever"), plugin("dirty"));
    let limits = with_timeout(Duration::from_secs(3600));
    // More of them than there is room for at once.
    for _ in 0..5_000 {
        let mut execution = start(&forever, &[], limits);
        assert!(execution.run_for(Duration::ZERO).is_none());
    }
    assert_eq!(answer(&dirty, &[]), success("clean"));
    // And some that never began.
    for _ in 0..5_000 {
        drop(start(&forever, &[], limits));
    }
    assert_eq!(answer(&dirty, &[]), success("clean"));
}

#[test]
fn an_execution_is_stopped_between_slices_too() {
    let plugin = plugin("forever");
    let interrupt = Interrupt::default();
    let interrupts = Interrupts::from(Some(interrupt.clone()));
    let limits = with_timeout(Duration::from_secs(3600));
    let mut execution = plugin.start(World::default(), vec![], limits, interrupts);
    assert!(execution.run_for(Duration::ZERO).is_none());
    interrupt.trigger(InterruptReason::Aborted);
    let reply = promptly(|| {
        loop {
            if let Some(reply) = execution.run_for(Duration::from_millis(1)) {
                return reply;
            }
        }
    });
    assert_eq!(reply.err().unwrap().code(), "ERR_ABORTED");
}

#[test]
fn an_execution_that_was_stopped_before_it_began_need_not_begin() {
    let plugin = plugin("forever");
    let interrupt = Interrupt::default();
    let begin = || {
        let interrupts = Interrupts::from(Some(interrupt.clone()));
        plugin.start(
            World::default(),
            vec![],
            with_timeout(Duration::from_secs(3600)),
            interrupts,
        )
    };
    let (mut begun, mut waiting) = (begin(), begin());
    assert!(begun.run_for(Duration::ZERO).is_none());
    assert!(begun.abandoned().is_none() && waiting.abandoned().is_none());
    assert!(begun.is_ready() && waiting.is_ready());
    interrupt.trigger(InterruptReason::Unloaded);
    assert_eq!(waiting.abandoned().unwrap().code(), "ERR_UNLOADED");
    // One that has begun ends by itself, with a receipt.
    assert!(begun.abandoned().is_none());
    let fault = waiting.run_for(Duration::ZERO).unwrap().err().unwrap();
    assert_eq!(fault.code(), "ERR_UNLOADED");
    let (reply, _) = promptly(|| in_slices(begun, Duration::from_millis(1)));
    let fault = reply.err().unwrap();
    assert_eq!(fault.code(), "ERR_UNLOADED");
    assert!(fault.usage.is_some());
}

#[test]
fn an_execution_in_slices_can_wait_for_an_effect() {
    let (reply, _) = in_slices(
        start(&plugin("effect-sleep"), &[], Limits::default()),
        Duration::ZERO,
    );
    let reply = reply.unwrap();
    assert!(matches!(reply.result, ExecuteResult::Effect(_)));
    let (result, _) = reply
        .suspended
        .unwrap()
        .resume(1, &EffectResult::SleepComplete, &Limits::default(), None)
        .unwrap();
    assert_eq!(result, success("awake"));
}
