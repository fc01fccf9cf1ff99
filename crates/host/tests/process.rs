//! What concerns the process as a whole, hence apart from the tests that run beside each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "all/support.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod support;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use std::time::{Duration, Instant};

use sen_host::{
    Execution, Fault, FaultKind, Instance, Interrupts, Limits, Plugin, Reply, World, stats,
};

use support::*;

/// The process, for one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static PROCESS: Mutex<()> = Mutex::new(());
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As many as there is room for, and the limit that the next one was told of.
fn as_many_as_fit<T>(make: impl Fn() -> Result<T, Fault>) -> (Vec<T>, u64) {
    let mut made = Vec::new();
    loop {
        assert!(made.len() < 100_000, "there is room without end");
        match make() {
            Ok(one) => made.push(one),
            Err(Fault {
                kind: FaultKind::Busy { limit },
                ..
            }) => return (made, limit),
            Err(fault) => panic!("after {}: {fault:?}", made.len()),
        }
    }
}

fn live(plugin: &Plugin) -> Result<Instance, Fault> {
    let instance = Instance::new(plugin.clone());
    instance.execute(&[], &Limits::default(), None)?;
    Ok(instance)
}

fn suspended(plugin: &Plugin) -> Result<Instance, Fault> {
    let reply = plugin.execute(&[], &Limits::default(), &Interrupts::default())?;
    Ok(reply.suspended.unwrap())
}

fn assert_busy<T>(outcome: Result<T, Fault>) {
    assert_eq!(outcome.err().map(|fault| fault.code()), Some("ERR_BUSY"));
}

#[test]
fn as_many_instances_live_at_once_as_there_is_room_for_and_the_next_is_told_to_wait() {
    let _alone = alone();
    let plugin = plugin("counter");
    let (mut instances, limit) = as_many_as_fit(|| live(&plugin));
    assert_eq!(instances.len() as u64, limit);
    assert!(limit >= 1_000, "{limit}");
    for _ in 0..3 {
        assert_busy(live(&plugin));
    }
    // Those that live are none the worse.
    let (result, _) = instances[0].execute(&[], &Limits::default(), None).unwrap();
    assert_eq!(result, success("2"));

    // Whether one is dropped or closed or fails, its room is the next one's.
    instances.pop();
    instances.push(live(&plugin).unwrap());
    assert_busy(live(&plugin));
    instances[7].close();
    instances.push(live(&plugin).unwrap());
    assert_busy(live(&plugin));
    let fault = instances[8].execute(&[], &with_fuel(1), None).unwrap_err();
    assert_eq!(fault.code(), "ERR_FUEL_EXHAUSTED");
    instances.push(live(&plugin).unwrap());
    assert_busy(live(&plugin));
}

#[test]
fn however_many_instances_live_or_wait_there_is_room_to_load_and_to_execute() {
    let _alone = alone();
    let (counter, sleeper) = (plugin("counter"), plugin("effect-sleep"));
    let (waiting, _) = as_many_as_fit(|| suspended(&sleeper));
    assert!(waiting.len() >= 1_000, "{}", waiting.len());
    // They are executions: others wait for them to end.
    assert_busy(run(&counter, &[], &Limits::default()));
    let execution = counter.start(
        World::default(),
        vec![],
        Limits::default(),
        Interrupts::default(),
    );
    assert!(!execution.is_ready());
    // Room of its own have loading and those that live.
    load(&guest("echo"));
    live(&counter).unwrap();
    drop(waiting);
    assert!(execution.is_ready());

    let (living, _) = as_many_as_fit(|| live(&counter));
    assert_usable(&load(&guest("echo")), &["text"], "text");
    drop(living);
}

/// Seven eighths of two thirds of the 2,048 executions that can begin at the same time.
const SHARE: usize = 1_190;

#[test]
fn one_plugin_begins_no_more_than_its_share_however_many_threads_begin_and_wherever_they_wait() {
    let _alone = alone();
    let sleeper = plugin("effect-sleep");
    let start = || {
        let interrupts = Interrupts::default();
        sleeper.start(World::default(), vec![], Limits::default(), interrupts)
    };
    let claimed = |count: usize| {
        let started = (0..count).map(|_| start());
        let claimed = started.filter_map(|mut execution| execution.claim().then_some(execution));
        claimed.collect::<Vec<Execution>>()
    };
    let begun: Vec<Execution> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| claimed(SHARE / 4))).collect();
        let claimed = threads.into_iter().map(|thread| thread.join().unwrap());
        claimed.flatten().collect()
    });
    assert_eq!(begun.len(), SHARE);

    // Those that were begun where nothing waits stand still until there is code for effects, or are
    // suspended by one: they count either way.
    let instance = |reply: Result<Reply, Fault>| reply.unwrap().suspended.unwrap();
    let (mut waiting, mut suspended) = (Vec::new(), Vec::new());
    for mut execution in begun {
        match execution.run_without_waiting(Duration::ZERO) {
            Some(reply) => suspended.push(instance(reply)),
            None => waiting.push(execution),
        }
    }
    assert!(stats().unwrap().executing >= SHARE);
    assert!(!start().is_ready() && !start().claim());
    suspended.extend(
        waiting
            .into_iter()
            .map(|execution| instance(execution.run())),
    );
    assert_eq!(suspended.len(), SHARE);
    assert!(!start().is_ready() && !start().claim());

    // Whether one is dropped or closed, its place is the next one's.
    suspended.pop();
    suspended[7].close();
    assert_eq!(claimed(10).len(), 2);
    drop(suspended);
    assert!(start().claim());
}

/// A plugin with as many memories and tables as a module may have.
fn spacious() -> Plugin {
    load(&module(&format!(
        "{} {} {}",
        "(memory 1)".repeat(7),
        "(table 1 funcref)".repeat(8),
        execute("")
    )))
}

#[test]
fn instances_with_many_memories_and_tables_leave_room_to_load_and_to_execute_too() {
    let _alone = alone();
    let (spacious, counter) = (spacious(), plugin("counter"));
    let (living, _) = as_many_as_fit(|| live(&spacious));
    assert!(living.len() >= 100, "{}", living.len());
    assert_usable(&counter, &[], "1");
    assert_usable(&load(&guest("echo")), &["text"], "text");
    drop(living);
    assert_usable(&spacious, &[], "ok");
}

/// Bytes of this process that are in memory.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[test]
#[cfg(target_os = "linux")]
fn guests_that_use_all_their_memory_do_not_use_up_the_hosts() {
    let _alone = alone();
    let wasm = module(&execute(
        "(drop (memory.grow (i32.const 1023)))
        (memory.fill (i32.const 65536) (i32.const 0x5a) (i32.const 67043328))",
    ));
    let plugin = load(&wasm);
    let limits = with_timeout(std::time::Duration::from_secs(60));
    let execute = || assert_eq!(run(&plugin, &[], &limits).unwrap().0, success("ok"));
    execute();
    let before = resident();
    for _ in 0..20 {
        execute();
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| execute()));
        }
    });
    let after = resident();
    // What is kept of each of four slots, and what the allocator keeps for itself.
    assert!(
        after < before + (32 << 20),
        "{before} before, {after} after"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_guest_that_asks_for_more_than_its_limit_costs_no_memory() {
    let _alone = alone();
    let plugins = ["grow-memory", "grow-memory-past-limit", "grow-table"].map(plugin);
    let limits = with_fuel(HUGE);
    let before = resident();
    for plugin in &plugins {
        for _ in 0..100 {
            assert_eq!(run(plugin, &[], &limits).unwrap().0, success("refused"));
        }
    }
    for name in ["initial-memory-too-big", "two-memories", "two-tables"] {
        assert_eq!(refusal(&guest(name)).code(), "ERR_MEMORY_LIMIT");
    }
    let after = resident();
    assert!(
        after < before + (16 << 20),
        "{before} before, {after} after"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_executions_leave_nothing_behind() {
    let _alone = alone();
    let plugin = load(&example("hello"));
    let execute = || assert_usable(&plugin, &["you"], "Hello, you!");
    // Making better code in the background takes memory, which comes and goes.
    let loaded = plugin.code_bytes();
    eventually("there is code for short calls", || {
        execute();
        plugin.code_bytes() > loaded
    });
    (0..20_000).for_each(|_| execute());
    let before = resident();
    (0..100_000).for_each(|_| execute());
    let after = resident();
    // Some of the slots for instances are touched for the first time; what is left behind by each
    // execution, were it a hundred bytes, would show.
    assert!(after < before + (8 << 20), "{before} before, {after} after");
}

#[test]
#[cfg(target_os = "linux")]
fn plugins_that_are_dropped_leave_nothing_behind() {
    let _alone = alone();
    let wasm = guest("echo");
    let cycle = || {
        for _ in 0..200 {
            drop(load(&wasm));
            assert!(Plugin::load(&wasm[..wasm.len() / 2], &Limits::default()).is_err());
        }
    };
    cycle();
    let before = resident();
    cycle();
    cycle();
    let after = resident();
    assert!(after < before + (8 << 20), "{before} before, {after} after");
}

/// Looks again until it is so, as long as nobody would call it hanging.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < 5 * HANG, "{what}: {:?}", stats());
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_stands_by_is_counted_bounded_and_given_back() {
    let _alone = alone();
    let instances = || {
        let stats = stats().unwrap();
        stats.executing + stats.live + stats.loading + stats.warm
    };
    eventually("nothing of other tests is left", || instances() == 0);
    assert_eq!(stats().unwrap().memory_bytes, 0);
    let plugins: Vec<Plugin> = [
        "dirty",
        "echo",
        "counter",
        "grow-memory",
        "initialize-twice",
    ]
    .map(plugin)
    .into();
    let several = thread::available_parallelism().unwrap().get() > 1;
    // Code for short calls, for which instances stand by, is made in the background.
    let execute_all = || {
        for plugin in &plugins {
            run(plugin, &[], &Limits::default()).unwrap();
        }
        stats().unwrap().warm
    };
    if several {
        eventually("instances stand by", || execute_all() > 0);
    }
    for _ in 0..2_000 {
        let warm = execute_all();
        assert!(warm <= 64, "{warm}");
        assert!(several || warm == 0, "there is a core for that");
    }
    // A plugin that is gone takes its own with it, at once but for the one that is being made.
    drop(plugins);
    eventually("they go when their plugin goes", || instances() == 0);

    let idle = plugin("dirty");
    let execute_idle = || {
        run(&idle, &[], &Limits::default()).unwrap();
        stats().unwrap().warm > 0 || !several
    };
    eventually("instances stand by", execute_idle);
    eventually("they go when there are no calls", || instances() == 0);
    assert_eq!(stats().unwrap().memory_bytes, 0);
}
