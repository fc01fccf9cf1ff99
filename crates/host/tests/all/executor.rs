//! Plugins on the executor's threads.

use std::sync::mpsc;
use std::time::Duration;

use sen_host::protocol::ExecuteResult;
use sen_host::{
    Execution, Executor, Fault, FaultKind, Interrupt, InterruptReason, Interrupts, Limits, Plugin,
    Work, World,
};

use crate::support::*;

#[test]
fn sixty_four_executions_at_once_each_get_their_own_answer() {
    let plugin = plugin("echo");
    for concurrency in [1, 2, 8, 64] {
        let executor = Executor::new(concurrency, Executor::DEFAULT_QUEUE_LIMIT);
        let (sender, receiver) = mpsc::channel();
        for number in 0..64 {
            let (plugin, sender) = (plugin.clone(), sender.clone());
            executor.run(0, move |admitted| {
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
        executor.run(0, move |_| {
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
    executor.run(0, move |admitted| {
        assert_eq!(admitted, Ok(()));
        began.send(()).unwrap();
        gate.recv().unwrap();
    });
    begun.recv().unwrap();
    for _ in 0..10 {
        let (tell, told) = mpsc::channel();
        executor.run(0, move |admitted| tell.send(admitted.unwrap_err()).unwrap());
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
        executor.run(0, move |_| sender.send(answer(&plugin, &[])).unwrap());
    }
    drop((executor, sender));
    assert_eq!(receiver.iter().collect::<Vec<_>>(), vec![success("1"); 100]);
}

/// An execution that gives way, and tells how it ended.
struct Sliced {
    execution: Execution,
    tell: Option<mpsc::Sender<Result<ExecuteResult, Fault>>>,
}

impl Sliced {
    fn new(plugin: &Plugin, limits: Limits, interrupt: &Interrupt) -> (Box<Self>, Told) {
        let (tell, told) = mpsc::channel();
        let interrupts = Interrupts::from(Some(interrupt.clone()));
        let execution = plugin.start(World::default(), vec![], limits, interrupts);
        let tell = Some(tell);
        (Box::new(Self { execution, tell }), told)
    }

    fn end(&mut self, answer: Result<ExecuteResult, Fault>) {
        self.tell.take().unwrap().send(answer).unwrap();
    }
}

type Told = mpsc::Receiver<Result<ExecuteResult, Fault>>;

impl Work for Sliced {
    fn run_for(&mut self, slice: Duration) -> bool {
        let reply = self.execution.run_for(slice);
        let is_done = reply.is_some();
        if let Some(reply) = reply {
            self.end(reply.map(|reply| reply.result));
        }
        is_done
    }

    fn refuse(mut self: Box<Self>, fault: Fault) {
        self.end(Err(fault));
    }

    fn abandoned(&self) -> Option<Fault> {
        self.execution.abandoned()
    }

    fn is_ready(&self) -> bool {
        self.execution.is_ready()
    }

    fn claim(&mut self) -> bool {
        self.execution.claim()
    }
}

#[test]
fn a_plugin_that_takes_long_does_not_hold_up_others_on_the_only_thread() {
    let executor = Executor::new(1, Executor::DEFAULT_QUEUE_LIMIT);
    let (forever, counter) = (plugin("forever"), plugin("counter"));
    let interrupt = Interrupt::default();
    let endless = with_timeout(Duration::from_secs(3600));
    let (long, ended) = Sliced::new(&forever, endless, &interrupt);
    executor.submit(forever.id(), long);
    promptly(|| {
        for _ in 0..20 {
            let (short, told) = Sliced::new(&counter, Limits::default(), &Interrupt::default());
            executor.submit(counter.id(), short);
            assert_eq!(told.recv_timeout(HANG).unwrap(), Ok(success("1")));
        }
    });
    assert!(ended.try_recv().is_err(), "it ended by itself");
    interrupt.trigger(InterruptReason::Aborted);
    let fault = ended.recv_timeout(HANG).unwrap().unwrap_err();
    assert_eq!(fault.code(), "ERR_ABORTED");
}

#[test]
fn executions_that_nobody_waits_for_any_more_leave_a_full_queue() {
    let executor = Executor::new(1, 2);
    let (start, gate) = mpsc::channel::<()>();
    let (began, begun) = mpsc::channel();
    executor.run(0, move |_| {
        began.send(()).unwrap();
        gate.recv().unwrap();
    });
    begun.recv().unwrap();

    let plugin = plugin("counter");
    let (stays, goes) = (Interrupt::default(), Interrupt::default());
    let submit = |interrupt: &Interrupt| {
        let (work, told) = Sliced::new(&plugin, Limits::default(), interrupt);
        executor.submit(plugin.id(), work);
        told
    };
    let (first, second) = (submit(&goes), submit(&stays));
    let refused = submit(&stays);
    assert_eq!(refused.try_recv().unwrap().unwrap_err().code(), "ERR_BUSY");
    goes.trigger(InterruptReason::Aborted);
    let third = submit(&stays);
    assert_eq!(first.try_recv().unwrap().unwrap_err().code(), "ERR_ABORTED");
    start.send(()).unwrap();
    for told in [second, third] {
        assert_eq!(told.recv_timeout(HANG).unwrap(), Ok(success("1")));
    }
}
