//! Stopping guests from outside.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use sen_host::{FaultKind, Instance, Interrupt, InterruptReason, Interrupts, Limits, Plugin};

use crate::support::*;

const REASONS: [(InterruptReason, &str); 3] = [
    (InterruptReason::Aborted, "ERR_ABORTED"),
    (InterruptReason::Unloaded, "ERR_UNLOADED"),
    (InterruptReason::Closed, "ERR_CLOSED"),
];

fn for_the_call(interrupt: &Interrupt) -> Interrupts {
    Interrupts {
        owner: None,
        call: Some(interrupt.clone()),
        ..Interrupts::default()
    }
}

fn for_the_owner(interrupt: &Interrupt) -> Interrupts {
    Interrupts {
        owner: Some(interrupt.clone()),
        call: None,
        ..Interrupts::default()
    }
}

fn endless() -> Limits {
    with_timeout(Duration::from_secs(3600))
}

/// Runs `work` on a thread and `stop` on this one a moment later. What `work` answers, which must
/// come soon after.
fn stopped<T: Send>(work: impl FnOnce() -> T + Send, stop: impl FnOnce()) -> T {
    let (sender, receiver) = mpsc::channel();
    promptly(|| {
        thread::scope(|scope| {
            scope.spawn(move || sender.send(work()));
            let early = receiver.recv_timeout(Duration::from_millis(30));
            assert!(early.is_err(), "it ended before it was stopped");
            stop();
            receiver.recv_timeout(HANG).expect("it was not stopped")
        })
    })
}

#[test]
fn a_running_guest_stops_when_it_is_interrupted_and_says_why() {
    let plugin = plugin("forever");
    for (reason, code) in REASONS {
        for listening in [for_the_call, for_the_owner] {
            let interrupt = Interrupt::default();
            let interrupts = listening(&interrupt);
            let fault = stopped(
                || plugin.execute(&[], &endless(), &interrupts).err().unwrap(),
                || interrupt.trigger(reason),
            );
            assert_eq!(
                (fault.code(), &fault.kind),
                (code, &FaultKind::Interrupted(reason))
            );
            // A thread that came late never entered the guest, and has no receipt.
            assert!(fault.usage.is_none_or(|usage| !usage.duration.is_zero()));
        }
    }
}

#[test]
fn guests_stop_in_whatever_part_of_a_call_they_are() {
    for name in ["forever-in-alloc", "failing-grow-loop", "fill-loop"] {
        let plugin = plugin(name);
        let interrupt = Interrupt::default();
        let interrupts = for_the_call(&interrupt);
        let fault = stopped(
            || plugin.execute(&[], &endless(), &interrupts).err().unwrap(),
            || interrupt.trigger(InterruptReason::Aborted),
        );
        assert_eq!(fault.code(), "ERR_ABORTED", "{name}");
    }
    // In its start function, whose fuel is the plugin's own.
    let wasm = module(&format!(
        r#"(func $start (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (loop $again (br $again)))))
        (start $start) {}"#,
        execute("")
    ));
    let one_page = Limits {
        memory_bytes: 65_536,
        ..endless()
    };
    let plugin = Plugin::load(&wasm, &one_page).unwrap();
    let interrupt = Interrupt::default();
    let interrupts = for_the_call(&interrupt);
    let fault = stopped(
        || plugin.execute(&[], &endless(), &interrupts).err().unwrap(),
        || interrupt.trigger(InterruptReason::Aborted),
    );
    assert_eq!(fault.code(), "ERR_ABORTED");
}

#[test]
fn what_was_interrupted_before_it_started_does_not_start() {
    let plugin = plugin("forever");
    let interrupt = Interrupt::default();
    interrupt.trigger(InterruptReason::Aborted);
    let fault = promptly(|| {
        plugin
            .execute(&[], &endless(), &for_the_call(&interrupt))
            .err()
            .unwrap()
    });
    assert_eq!(fault.kind, FaultKind::Interrupted(InterruptReason::Aborted));
    let instance = Instance::new(plugin);
    let fault = promptly(|| {
        instance
            .execute(&[], &endless(), Some(interrupt))
            .unwrap_err()
    });
    assert_eq!(fault.kind, FaultKind::Interrupted(InterruptReason::Aborted));
}

#[test]
fn the_first_reason_stays_and_the_owners_counts_most() {
    let (first, second) = (Interrupt::default(), Interrupt::default());
    assert_eq!(first.reason(), None);
    first.trigger(InterruptReason::Unloaded);
    first.trigger(InterruptReason::Closed);
    assert_eq!(first.reason(), Some(InterruptReason::Unloaded));
    assert_eq!(first.clone().reason(), Some(InterruptReason::Unloaded));
    second.trigger(InterruptReason::Aborted);
    let third = Interrupt::default();
    third.trigger(InterruptReason::Closed);
    let of = |owner: Option<&Interrupt>, call: Option<&Interrupt>| Interrupts {
        owner: owner.cloned(),
        call: call.cloned(),
        environment: Some(third.clone()),
    };
    assert_eq!(of(None, None).reason(), Some(InterruptReason::Closed));
    assert_eq!(
        of(None, Some(&second)).reason(),
        Some(InterruptReason::Aborted)
    );
    let both = of(Some(&first), Some(&second));
    assert_eq!(both.reason(), Some(InterruptReason::Unloaded));
    let fault = plugin("echo")
        .execute(&[], &Limits::default(), &both)
        .err()
        .unwrap();
    assert_eq!(fault.code(), "ERR_UNLOADED");
}

#[test]
fn one_handle_stops_all_that_listen_to_it_and_nobody_else() {
    let plugin = plugin("forever");
    let interrupt = Interrupt::default();
    let listening = for_the_owner(&interrupt);
    let bystander = Interrupt::default();
    let other = for_the_owner(&bystander);
    thread::scope(|scope| {
        let other = scope.spawn(|| plugin.execute(&[], &endless(), &other).err().unwrap());
        let codes = stopped(
            || {
                let run = || {
                    plugin
                        .execute(&[], &endless(), &listening)
                        .err()
                        .unwrap()
                        .code()
                };
                thread::scope(|scope| {
                    let threads: Vec<_> = (0..6).map(|_| scope.spawn(run)).collect();
                    threads
                        .into_iter()
                        .map(|thread| thread.join().unwrap())
                        .collect::<Vec<_>>()
                })
            },
            || interrupt.trigger(InterruptReason::Unloaded),
        );
        assert_eq!(codes, ["ERR_UNLOADED"; 6]);
        assert!(!other.is_finished());
        bystander.trigger(InterruptReason::Closed);
        assert_eq!(other.join().unwrap().code(), "ERR_CLOSED");
    });
}

#[test]
fn a_plugin_whose_call_was_interrupted_can_be_called_again() {
    let plugin = plugin("busy");
    let endless_args = strings(&["999999999999999999"]);
    let instance = Instance::new(plugin.clone());
    for _ in 0..5 {
        let interrupt = Interrupt::default();
        let interrupts = for_the_call(&interrupt);
        let fault = stopped(
            || {
                plugin
                    .execute(&endless_args, &endless(), &interrupts)
                    .err()
                    .unwrap()
            },
            || interrupt.trigger(InterruptReason::Aborted),
        );
        assert_eq!(fault.code(), "ERR_ABORTED");
        assert_usable(&plugin, &["1000"], "ok");

        let interrupt = Interrupt::default();
        let fault = stopped(
            || {
                instance
                    .execute(&endless_args[..], &endless(), Some(interrupt.clone()))
                    .unwrap_err()
            },
            || interrupt.trigger(InterruptReason::Aborted),
        );
        assert_eq!(fault.code(), "ERR_ABORTED");
        let (result, _) = instance
            .execute(strings(&["1000"]), &Limits::default(), None)
            .unwrap();
        assert_eq!(result, success("ok"));
    }
}

#[test]
fn an_interrupt_after_the_call_changes_nothing() {
    let plugin = plugin("counter");
    let instance = Instance::new(plugin);
    let interrupt = Interrupt::default();
    instance
        .execute(&[], &Limits::default(), Some(interrupt.clone()))
        .unwrap();
    interrupt.trigger(InterruptReason::Aborted);
    let (result, _) = instance.execute(&[], &Limits::default(), None).unwrap();
    assert_eq!(result, success("2"));
}

#[test]
fn a_closed_instance_refuses() {
    let instance = Instance::new(plugin("echo"));
    instance.execute(&[], &Limits::default(), None).unwrap();
    instance.close();
    instance.close();
    for _ in 0..3 {
        let fault = instance.execute(&[], &Limits::default(), None).unwrap_err();
        assert_eq!(fault.code(), "ERR_CLOSED");
    }
    // One that was never called, too.
    let instance = Instance::new(plugin("echo"));
    instance.close();
    let fault = instance.execute(&[], &Limits::default(), None).unwrap_err();
    assert_eq!(fault.code(), "ERR_CLOSED");
}

#[test]
fn closing_an_instance_does_not_wait_and_stops_its_call_and_those_in_line() {
    let instance = Instance::new(plugin("forever"));
    let codes = stopped(
        || {
            let call = || instance.execute(&[], &endless(), None).unwrap_err().code();
            thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .collect::<Vec<_>>()
            })
        },
        || instance.close(),
    );
    assert_eq!(codes, ["ERR_CLOSED"; 4]);
}

#[test]
fn closing_an_instance_leaves_the_plugin_and_other_instances_alone() {
    let plugin = plugin("counter");
    let (one, other) = (Instance::new(plugin.clone()), Instance::new(plugin.clone()));
    other.execute(&[], &Limits::default(), None).unwrap();
    one.close();
    let (result, _) = other.execute(&[], &Limits::default(), None).unwrap();
    assert_eq!(result, success("2"));
    assert_eq!(answer(&plugin, &[]), success("1"));
}

#[test]
fn a_call_that_waits_for_another_to_end_need_not_wait_once_it_is_interrupted() {
    let instance = Arc::new(Instance::new(plugin("forever")));
    let call = |interrupt: Option<Interrupt>| {
        let (instance, (sender, receiver)) = (instance.clone(), mpsc::channel());
        thread::spawn(move || {
            let fault = instance.execute(&[], &endless(), interrupt).unwrap_err();
            sender.send(fault.code())
        });
        receiver
    };
    let running = call(None);
    thread::sleep(Duration::from_millis(20));
    let interrupt = Interrupt::default();
    let waiting = call(Some(interrupt.clone()));
    thread::sleep(Duration::from_millis(20));
    interrupt.trigger(InterruptReason::Aborted);
    let settled = waiting.recv_timeout(HANG);
    // Whatever came of it, the thread that runs must not outlive the test.
    instance.close();
    assert_eq!(running.recv_timeout(HANG), Ok("ERR_CLOSED"));
    assert_eq!(settled, Ok("ERR_ABORTED"));
}
