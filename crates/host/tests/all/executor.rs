//! Plugins on the executor's threads.

use std::sync::mpsc;

use sen_host::{Executor, FaultKind, Interrupts, Limits};

use crate::support::*;

#[test]
fn sixty_four_executions_at_once_each_get_their_own_answer() {
    let plugin = plugin("echo");
    for concurrency in [1, 2, 8, 64] {
        let executor = Executor::new(concurrency, Executor::DEFAULT_QUEUE_LIMIT);
        let (sender, receiver) = mpsc::channel();
        for number in 0..64 {
            let (plugin, sender) = (plugin.clone(), sender.clone());
            executor.submit(move |admitted| {
                admitted.unwrap();
                let text = format!("{number} {}", "x".repeat(number * 1000));
                let reply = plugin.execute(&[text], &Limits::default(), &Interrupts::default());
                sender.send((number, reply.unwrap().result)).unwrap();
            });
        }
        drop(sender);
        let mut answers: Vec<_> = receiver.iter().collect();
        answers.sort_by_key(|(number, _)| *number);
        assert_eq!(answers.len(), 64);
        for (number, result) in answers {
            let expected = format!("{number} {}", "x".repeat(number * 1000));
            assert_eq!(result, success(&expected));
        }
    }
}

#[test]
fn guests_of_every_temper_share_the_threads() {
    let executor = Executor::new(4, Executor::DEFAULT_QUEUE_LIMIT);
    let guests = [
        ("echo", None),
        ("recurse", Some("ERR_STACK_OVERFLOW")),
        ("trap-unreachable", Some("ERR_TRAP")),
        ("forever", Some("ERR_FUEL_EXHAUSTED")),
        ("grow-memory-loop-then-trap", Some("ERR_MEMORY_LIMIT")),
        ("dirty", None),
    ];
    let plugins = guests.map(|(name, _)| plugin(name));
    let (sender, receiver) = mpsc::channel();
    for number in 0..240 {
        let which = number % guests.len();
        let (plugin, sender) = (plugins[which].clone(), sender.clone());
        executor.submit(move |_| {
            // What a job panics with is nobody's to see.
            let code = run(&plugin, &[], &Limits::default())
                .err()
                .map(|fault| fault.code());
            sender.send((which, code)).unwrap();
            drop((sender, plugin));
            if number % 10 == 0 {
                std::panic::resume_unwind(Box::new("job"));
            }
        });
    }
    drop(sender);
    let answers: Vec<_> = receiver.iter().collect();
    assert_eq!(answers.len(), 240);
    for (which, code) in answers {
        assert_eq!(code, guests[which].1, "{}", guests[which].0);
    }
}

#[test]
fn when_nobody_may_wait_those_that_would_are_told_at_once() {
    let executor = Executor::new(1, 0);
    let (start, gate) = mpsc::channel::<()>();
    let (began, begun) = mpsc::channel();
    executor.submit(move |admitted| {
        assert_eq!(admitted, Ok(()));
        began.send(()).unwrap();
        gate.recv().unwrap();
    });
    begun.recv().unwrap();
    for _ in 0..10 {
        let (tell, told) = mpsc::channel();
        executor.submit(move |admitted| tell.send(admitted.unwrap_err()).unwrap());
        // Called on this thread, so it has been told by now.
        let fault = told.try_recv().unwrap();
        assert_eq!(
            (fault.code(), fault.kind),
            ("ERR_BUSY", FaultKind::Busy { limit: 0 })
        );
    }
    start.send(()).unwrap();
}

#[test]
fn what_is_in_the_queue_is_done_when_the_executor_is_gone() {
    let executor = Executor::new(2, 1000);
    let plugin = plugin("counter");
    let (sender, receiver) = mpsc::channel();
    for _ in 0..100 {
        let (plugin, sender) = (plugin.clone(), sender.clone());
        executor.submit(move |_| sender.send(answer(&plugin, &[])).unwrap());
    }
    drop((executor, sender));
    assert_eq!(receiver.iter().collect::<Vec<_>>(), vec![success("1"); 100]);
}
