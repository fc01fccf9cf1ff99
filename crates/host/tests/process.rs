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

use sen_host::{Allocation, FaultKind, Instance, Limits, Plugin, allocation};

use support::*;

/// Instances that can exist at the same time.
const MOST: usize = 1024;

/// The process, for one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static PROCESS: Mutex<()> = Mutex::new(());
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Live instances that have been called once.
fn living(plugin: &Plugin, count: usize) -> Vec<Instance> {
    (0..count)
        .map(|_| {
            let instance = Instance::new(plugin.clone());
            instance.execute(&[], &Limits::default(), None).unwrap();
            instance
        })
        .collect()
}

#[test]
fn as_many_instances_live_at_once_as_there_is_room_for_and_the_next_is_told_to_wait() {
    let _alone = alone();
    if allocation().unwrap() == Allocation::OnDemand {
        return;
    }
    let plugin = plugin("counter");
    let mut instances = living(&plugin, MOST);

    let busy = FaultKind::Busy { limit: MOST as u64 };
    let late = Instance::new(plugin.clone());
    for _ in 0..3 {
        let fault = late.execute(&[], &Limits::default(), None).unwrap_err();
        assert_eq!((fault.code(), &fault.kind), ("ERR_BUSY", &busy));
        assert_eq!(
            run(&plugin, &[], &Limits::default()).unwrap_err().kind,
            busy
        );
        assert_eq!(refusal(&guest("echo")).kind, busy);
    }
    // Those that live are none the worse.
    let (result, _) = instances[0].execute(&[], &Limits::default(), None).unwrap();
    assert_eq!(result, success("2"));

    // Whether one is dropped or closed, its room is the next one's.
    instances.pop();
    assert_usable(&plugin, &[], "1");
    late.execute(&[], &Limits::default(), None).unwrap();
    assert_eq!(
        run(&plugin, &[], &Limits::default()).unwrap_err().kind,
        busy
    );
    instances[7].close();
    assert_usable(&plugin, &[], "1");
}

#[test]
fn instances_with_many_memories_and_tables_take_the_room_of_many() {
    let _alone = alone();
    if allocation().unwrap() == Allocation::OnDemand {
        return;
    }
    for fields in ["(memory 1)", "(table 1 funcref)"] {
        let wasm = module(&format!("{} {}", fields.repeat(7), execute("")));
        let plugin = load(&wasm);
        let most = if fields.contains("memory") {
            MOST / 8
        } else {
            MOST / 7
        };
        let instances = living(&plugin, most);
        let fault = run(&plugin, &[], &Limits::default()).unwrap_err();
        assert_eq!(fault.code(), "ERR_BUSY", "{fields}: {fault}");
        drop(instances);
        assert_usable(&plugin, &[], "ok");
    }
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
fn ten_thousand_executions_leave_nothing_behind() {
    let _alone = alone();
    let plugin = load(&example("hello"));
    for _ in 0..1_000 {
        assert_usable(&plugin, &["you"], "Hello, you!");
    }
    let before = resident();
    for _ in 0..10_000 {
        assert_usable(&plugin, &["you"], "Hello, you!");
    }
    let after = resident();
    assert!(after < before + (4 << 20), "{before} before, {after} after");
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
