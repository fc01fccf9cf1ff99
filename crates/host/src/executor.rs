use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::{Fault, FaultKind};

/// A thread with nothing to do ends after this time, so that an idle host has none.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(Result<(), Fault>) + Send>;

/// Threads for work that nobody's event loop may wait for: a cheap handle (an `Arc`).
///
/// Jobs run first in, first out, at most `concurrency` at once. Threads start when there is work
/// and end when there has been none for a while. Dropping all handles lets queued jobs finish.
#[derive(Clone)]
pub struct Executor(Arc<Shared>);

struct Shared {
    concurrency: usize,
    queue_limit: usize,
    queue: Mutex<Queue>,
    work: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

impl Executor {
    /// Jobs that may wait, where nothing else is said.
    pub const DEFAULT_QUEUE_LIMIT: usize = 16_384;

    /// How many guests this machine can run at once.
    pub fn default_concurrency() -> usize {
        thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// An executor that runs at most `concurrency` jobs at once (at least one), and lets at most
    /// `queue_limit` wait.
    pub fn new(concurrency: usize, queue_limit: usize) -> Self {
        let shared = Shared {
            concurrency: concurrency.max(1),
            queue_limit,
            queue: Mutex::default(),
            work: Condvar::new(),
        };
        Self(Arc::new(shared))
    }

    /// Runs a job on one of the executor's threads as soon as one is free; it is told `Ok`. A job
    /// that panics ends alone.
    ///
    /// When the queue is full, or no thread can be started, the job is called at once on this
    /// thread and told `Busy`, so that whoever waits for it hears of it in the same way.
    pub fn submit(&self, job: impl FnOnce(Result<(), Fault>) + Send + 'static) {
        if let Err((fault, job)) = self.enqueue(Box::new(job)) {
            job(Err(fault));
        }
    }

    fn enqueue(&self, job: Job) -> Result<(), (Fault, Job)> {
        let shared = &self.0;
        let mut queue = shared.lock();
        let free = queue.idle + (shared.concurrency - queue.threads);
        if queue.jobs.len() >= shared.queue_limit.saturating_add(free) {
            return Err((shared.busy(), job));
        }
        if queue.idle <= queue.jobs.len() && queue.threads < shared.concurrency {
            let worker = Arc::clone(shared);
            let spawned = thread::Builder::new()
                .name("sen-execute".into())
                .spawn(move || worker.work());
            match spawned {
                Ok(_) => queue.threads += 1,
                // The threads that there are will come to it.
                Err(_) if queue.threads > 0 => {}
                Err(_) => return Err((shared.busy(), job)),
            }
        }
        queue.jobs.push_back(job);
        drop(queue);
        shared.work.notify_one();
        Ok(())
    }
}

impl Shared {
    fn work(&self) {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // Nothing of the job is looked at afterwards.
                let _ = catch_unwind(AssertUnwindSafe(|| job(Ok(()))));
                queue = self.lock();
                continue;
            }
            queue.idle += 1;
            let (woken, timeout) = self
                .work
                .wait_timeout(queue, KEEP_ALIVE)
                .unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            queue.idle -= 1;
            if timeout.timed_out() && queue.jobs.is_empty() {
                queue.threads -= 1;
                return;
            }
        }
    }

    fn busy(&self) -> Fault {
        FaultKind::Busy {
            limit: self.queue_limit as u64,
        }
        .into()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Jobs run outside the lock, so that a panic never leaves the queue in the middle of something.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn jobs_run_in_the_order_they_came() {
        let executor = Executor::new(1, 100);
        let (sender, receiver) = mpsc::channel();
        for number in 0..100 {
            let sender = sender.clone();
            executor.submit(move |_| sender.send(number).unwrap());
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
        let (done, ended) = mpsc::channel();
        let began = Arc::new(Condvar::new());
        let running = Arc::new(Mutex::new(false));
        let (began_in, running_in, first) = (began.clone(), running.clone(), done.clone());
        executor.submit(move |_| {
            *running_in.lock().unwrap() = true;
            began_in.notify_one();
            gate.recv().unwrap();
            first.send(0).unwrap();
        });
        drop(
            began
                .wait_while(running.lock().unwrap(), |running| !*running)
                .unwrap(),
        );
        for number in 1..=2 {
            let done = done.clone();
            executor.submit(move |_| done.send(number).unwrap());
        }
        let (tell, told) = mpsc::channel();
        executor.submit(move |admitted| tell.send(admitted.unwrap_err().kind).unwrap());
        assert_eq!(told.recv().unwrap(), FaultKind::Busy { limit: 2 });
        start.send(()).unwrap();
        drop(done);
        assert_eq!(ended.iter().collect::<Vec<_>>(), [0, 1, 2]);
        let (tell, told) = mpsc::channel();
        executor.submit(move |admitted| tell.send(admitted).unwrap());
        assert_eq!(told.recv().unwrap(), Ok(()));
    }

    #[test]
    fn never_more_jobs_at_once_than_allowed_and_a_panic_ends_alone() {
        let executor = Executor::new(3, 1000);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (sender, receiver) = mpsc::channel();
        for number in 0..300 {
            let (now, most, sender) = (now.clone(), most.clone(), sender.clone());
            executor.submit(move |_| {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                now.fetch_sub(1, Ordering::SeqCst);
                drop(sender);
                if number == 7 {
                    std::panic::resume_unwind(Box::new("job"));
                }
            });
        }
        drop(sender);
        assert_eq!(receiver.iter().count(), 0);
        assert!(most.load(Ordering::SeqCst) <= 3);
    }
}
