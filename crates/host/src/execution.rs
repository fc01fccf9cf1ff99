use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::clock::Pauses;
use crate::error::Fault;
use crate::plugin::Reply;

type Running = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// An execution that can be run a little at a time, and on one thread after another: the guest is
/// suspended on its own stack in between. Time between slices is not the guest's.
pub struct Execution {
    running: Running,
    pauses: Pauses,
    paused_since: Option<Instant>,
}

impl Execution {
    pub(crate) fn new(running: Running, pauses: Pauses) -> Self {
        // Waiting for a first turn is a pause like any other.
        Self {
            running,
            pauses,
            paused_since: Some(Instant::now()),
        }
    }

    /// Runs until the guest is done, or has had this much time: then `None`, and it can go on
    /// later. Ends some ten microseconds late for ordinary code, and at most at the next tick of
    /// a millisecond for any.
    pub fn run_for(&mut self, slice: Duration) -> Option<Result<Reply, Fault>> {
        let began = Instant::now();
        if let Some(since) = self.paused_since.take() {
            self.pauses.add(began - since);
        }
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(reply) = self.running.as_mut().poll(&mut context) {
                return Some(reply);
            }
            let now = Instant::now();
            if now - began >= slice {
                self.paused_since = Some(now);
                return None;
            }
        }
    }

    /// Runs until the guest is done.
    pub fn run(mut self) -> Result<Reply, Fault> {
        loop {
            if let Some(reply) = self.run_for(Duration::MAX) {
                return reply;
            }
        }
    }
}
