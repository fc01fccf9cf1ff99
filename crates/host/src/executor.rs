mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::drive::THREAD_STACK_BYTES;
use crate::error::{Fault, FaultKind};

use queue::Queue;

/// A thread with nothing to do ends after this time, so that an idle host has none.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How soon work is looked at again that there was no room for.
const RETRY: Duration = Duration::from_millis(1);

/// How long work runs before it gives way to work of other lanes, if any waits.
const TURN: Duration = Duration::from_millis(20);

/// A piece of work that an [`Executor`] runs, in one go or in several.
pub trait Work: Send {
    /// Runs for about this long; whether it is done. What is done is not called again.
    fn run_for(&mut self, slice: Duration) -> bool;

    /// Called instead, on a thread that submits work, when there is no room to wait.
    fn refuse(self: Box<Self>, fault: Fault);

    /// Whether nobody waits for it any more, so that it need not wait either.
    fn abandoned(&self) -> Option<Fault> {
        None
    }

    /// Whether there is room for it to begin.
    fn is_ready(&self) -> bool {
        true
    }

    /// Keeps that room for it: whether it still is there. What says no has its turn later.
    fn claim(&mut self) -> bool {
        true
    }

    /// Whether it was begun, and has nothing to do until something happens elsewhere.
    fn sleeps(&self) -> bool {
        false
    }
}

/// Work that there was no room for, and why.
struct Refused(Fault, Box<dyn Work>);

/// What work belongs to: lanes share the threads evenly. A plugin, most often.
pub type Lane = u64;

/// Threads for work that nobody's event loop may wait for: a cheap handle (an `Arc`).
///
/// At most `concurrency` pieces run at once. Work of one lane begins in the order in which it
/// came, and so does work of several as long as there are threads for all. When there are not,
/// a thread goes to the lane that has the fewest, and work that takes long gives way to other
/// lanes after a while: a lane with much to do does not hold up the others.
///
/// Threads start when there is work and end when there has been none for a while. Dropping all
/// handles lets queued work finish.
#[derive(Clone)]
pub struct Executor(Arc<Handle>);

/// Lets the threads go when nobody has the executor any more.
struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.retire();
    }
}

struct Shared {
    concurrency: usize,
    queue_limit: usize,
    queue: Mutex<Queue>,
    work: Condvar,
}

/// How an executor is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExecutorStats {
    /// Pieces of work that wait for a thread, or for something that their guest waits for.
    pub waiting: usize,
    /// Pieces of work that run.
    pub running: usize,
    /// Threads that there are now.
    pub threads: usize,
}

impl Executor {
    /// Pieces of work that may wait, where nothing else is said.
    pub const DEFAULT_QUEUE_LIMIT: usize = 16_384;

    /// How many guests this machine can run at once.
    pub fn default_concurrency() -> usize {
        thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// An executor that runs at most `concurrency` pieces at once (at least one), and lets at most
    /// `queue_limit` wait.
    pub fn new(concurrency: usize, queue_limit: usize) -> Self {
        Self(Arc::new(Handle(Arc::new(Shared {
            concurrency: concurrency.max(1),
            queue_limit,
            queue: Mutex::default(),
            work: Condvar::new(),
        }))))
    }

    /// Lets threads end as soon as they have nothing to do, rather than a while later. Work that
    /// is submitted afterwards still runs.
    pub fn retire(&self) {
        self.0.0.retire();
    }

    /// Runs work on one of the executor's threads as soon as one is free. Work that panics ends
    /// alone. When the queue is full, or no thread can be started, it is refused with `Busy`.
    pub fn submit(&self, lane: Lane, work: Box<dyn Work>) {
        if let Err(refused) = self.enqueue(lane, work) {
            let Refused(fault, work) = *refused;
            work.refuse(fault);
        }
    }

    /// As [`Executor::submit`], for work in one go: it is told whether it was admitted.
    pub fn run(&self, lane: Lane, job: impl FnOnce(Result<(), Fault>) + Send + 'static) {
        self.submit(lane, Box::new(Once(Some(job))));
    }

    /// How the executor is doing now.
    pub fn stats(&self) -> ExecutorStats {
        let queue = self.0.0.lock();
        ExecutorStats {
            waiting: queue.waiting + queue.sleeping.len(),
            running: queue.running,
            threads: queue.threads,
        }
    }

    fn enqueue(&self, lane: Lane, work: Box<dyn Work>) -> Result<(), Box<Refused>> {
        let shared = &self.0.0;
        let mut queue = shared.lock();
        if shared.is_full(&queue) {
            let abandoned = queue.prune();
            drop(queue);
            for (fault, work) in abandoned {
                work.refuse(fault);
            }
            queue = shared.lock();
            if shared.is_full(&queue) {
                return Err(Box::new(Refused(shared.busy(), work)));
            }
        }
        // One thread more than have something to do, as long as there may be.
        if queue.threads <= queue.running + queue.waiting && queue.threads < shared.concurrency {
            let worker = Arc::clone(shared);
            let thread = thread::Builder::new()
                .name("sen-execute".into())
                .stack_size(THREAD_STACK_BYTES);
            match thread.spawn(move || worker.work()) {
                Ok(_) => queue.threads += 1,
                // The threads that there are will come to it.
                Err(_) if queue.threads > 0 => {}
                Err(_) => return Err(Box::new(Refused(shared.busy(), work))),
            }
        }
        if work.sleeps() {
            queue.sleeping.push((lane, work));
        } else {
            queue.push(lane, work);
        }
        drop(queue);
        shared.work.notify_one();
        Ok(())
    }
}

impl Shared {
    fn work(&self) {
        let mut queue = self.lock();
        loop {
            if let Some((lane, work)) = queue.pop() {
                drop(queue);
                queue = self.run(lane, work);
                continue;
            }
            if queue.retired && !queue.has_work() {
                queue.threads -= 1;
                return;
            }
            let patience = if queue.has_work() { RETRY } else { KEEP_ALIVE };
            let waited = self.work.wait_timeout(queue, patience);
            let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            if timeout.timed_out() && !queue.has_work() {
                queue.threads -= 1;
                return;
            }
        }
    }

    /// Whether no more can wait: what a thread is free for does not count as waiting.
    fn is_full(&self, queue: &Queue) -> bool {
        let free = self.concurrency - queue.running;
        queue.waiting >= self.queue_limit.saturating_add(free)
    }

    fn retire(&self) {
        self.lock().retired = true;
        self.work.notify_all();
    }

    /// Runs a piece until it is done, or gives way.
    fn run(&self, lane: Lane, mut work: Box<dyn Work>) -> MutexGuard<'_, Queue> {
        loop {
            // Nothing of the work is looked at after a panic, and dropping it is all that is left.
            let done = catch_unwind(AssertUnwindSafe(|| work.run_for(TURN))).unwrap_or(true);
            if done {
                // What it holds may take a while to drop, or call back.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(work)));
                let mut queue = self.lock();
                queue.ended(lane);
                return queue;
            }
            let sleeps = work.sleeps();
            let mut queue = self.lock();
            if sleeps {
                queue.sleeping.push((lane, work));
                queue.ended(lane);
                return queue;
            }
            if queue.others_wait(lane) {
                queue.push_back(lane, work);
                queue.ended(lane);
                return queue;
            }
        }
    }

    fn busy(&self) -> Fault {
        let limit = self.queue_limit as u64;
        FaultKind::Busy { limit }.into()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Work runs outside the lock, so that a panic never leaves the queue in the middle of something.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work in one go.
struct Once<F>(Option<F>);

impl<F: FnOnce(Result<(), Fault>) + Send> Work for Once<F> {
    fn run_for(&mut self, _: Duration) -> bool {
        if let Some(job) = self.0.take() {
            job(Ok(()));
        }
        true
    }

    fn refuse(self: Box<Self>, fault: Fault) {
        if let Some(job) = self.0 {
            job(Err(fault));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_of_a_lane_runs_in_the_order_it_came() {
        let executor = Executor::new(1, 100);
        let (sender, receiver) = mpsc::channel();
        for number in 0..100 {
            let sender = sender.clone();
            executor.run(0, move |_| sender.send(number).unwrap());
        }
        drop(sender);
        assert_eq!(
            receiver.iter().collect::<Vec<_>>(),
            (0..100).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_full_queue_refuses_and_recovers() {
        let executor = Executor::new(1, 2);
        let (start, gate) = mpsc::channel::<()>();
        let (began, running) = mpsc::channel();
        let (done, ended) = mpsc::channel();
        let first = done.clone();
        executor.run(0, move |_| {
            began.send(()).unwrap();
            gate.recv().unwrap();
            first.send(0).unwrap();
        });
        running.recv().unwrap();
        for number in 1..=2 {
            let done = done.clone();
            executor.run(0, move |_| done.send(number).unwrap());
        }
        let (tell, told) = mpsc::channel();
        executor.run(0, move |admitted| {
            tell.send(admitted.unwrap_err().kind).unwrap()
        });
        assert_eq!(told.recv().unwrap(), FaultKind::Busy { limit: 2 });
        assert_eq!(
            executor.stats(),
            ExecutorStats {
                waiting: 2,
                running: 1,
                threads: 1
            }
        );
        start.send(()).unwrap();
        drop(done);
        assert_eq!(ended.iter().collect::<Vec<_>>(), [0, 1, 2]);
        let (tell, told) = mpsc::channel();
        executor.run(0, move |admitted| tell.send(admitted).unwrap());
        assert_eq!(told.recv().unwrap(), Ok(()));
    }

    #[test]
    fn never_more_at_once_than_allowed_and_a_panic_ends_alone() {
        let executor = Executor::new(3, 1000);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (sender, receiver) = mpsc::channel::<()>();
        for number in 0..300 {
            let (now, most, sender) = (now.clone(), most.clone(), sender.clone());
            executor.run(number % 5, move |_| {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                now.fetch_sub(1, Ordering::SeqCst);
                drop(sender);
                if number == 7 {
                    std::panic::resume_unwind(Box::new("work"));
                }
            });
        }
        drop(sender);
        assert_eq!(receiver.iter().count(), 0);
        assert!(most.load(Ordering::SeqCst) <= 3);
    }

    /// Work that takes a number of turns, and writes down each.
    struct Turns(Lane, usize, mpsc::Sender<Lane>);

    impl Work for Turns {
        fn run_for(&mut self, _: Duration) -> bool {
            self.2.send(self.0).unwrap();
            self.1 -= 1;
            self.1 == 0
        }

        fn refuse(self: Box<Self>, _: Fault) {}
    }

    #[test]
    fn work_that_takes_long_gives_way_to_other_lanes_and_ends_before_its_own_lane_goes_on() {
        let executor = Executor::new(1, 100);
        let (start, gate) = mpsc::channel::<()>();
        executor.run(9, move |_| gate.recv().unwrap());
        let (turn, turns) = mpsc::channel();
        for (lane, count) in [(1, 3), (1, 1), (2, 1), (3, 2)] {
            executor.submit(lane, Box::new(Turns(lane, count, turn.clone())));
        }
        drop(turn);
        start.send(()).unwrap();
        assert_eq!(turns.iter().collect::<Vec<_>>(), [1, 2, 3, 1, 3, 1, 1]);
    }
}
