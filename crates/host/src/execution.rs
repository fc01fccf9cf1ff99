use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::epoch;
use crate::error::{Fault, FaultKind};
use crate::interrupt::Interrupts;
use crate::plugin::Reply;
use crate::room::{Kind, Share, Taken};
use crate::runner::{Awaited, Runner};

type Running = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// An execution that can be run a little at a time, and on one thread after another: the guest is
/// suspended on its own stack in between. Time between slices is not the guest's.
pub struct Execution {
    running: Running,
    runner: Runner,
    paused_since: Option<Instant>,
    interrupts: Interrupts,
    /// Whose execution it is, where it begins an instance of its own.
    share: Option<Share>,
    /// Its count as one of those, from its beginning to its end.
    taken: Option<Taken>,
    begun: bool,
    /// Until when it has nothing to do.
    sleeps_until: Option<Instant>,
}

impl Execution {
    pub(crate) fn new(
        running: Running,
        runner: Runner,
        interrupts: Interrupts,
        share: Option<Share>,
    ) -> Self {
        // Waiting for a first turn is a pause like any other.
        let paused_since = Some(Instant::now());
        Self {
            running,
            runner,
            paused_since,
            interrupts,
            share,
            taken: None,
            begun: false,
            sleeps_until: None,
        }
    }

    /// Whether there is room for the instance, where it has none yet. Others may take it before this
    /// one begins: [`Execution::claim`] says for certain.
    pub fn is_ready(&self) -> bool {
        let has_room = |share: &Share| Kind::Execution.has_room() && share.has_room();
        self.needs_no_room() || self.share.as_ref().is_none_or(has_room)
    }

    /// Keeps room for the instance, where it has none yet: whether there is any.
    pub fn claim(&mut self) -> bool {
        let Some(share) = self.share.as_ref().filter(|_| !self.needs_no_room()) else {
            return true;
        };
        if Kind::Execution.has_room() {
            self.taken = share.claim();
        }
        self.taken.is_some()
    }

    fn needs_no_room(&self) -> bool {
        self.begun || self.taken.is_some() || self.interrupts.reason().is_some()
    }

    /// Whether its guest waits for something, so that running it now would do nothing.
    pub fn sleeps(&self) -> bool {
        let until = self
            .sleeps_until
            .filter(|_| self.interrupts.reason().is_none());
        until.is_some_and(|time| Instant::now() < time)
    }

    /// Whether somebody stopped it before it began.
    pub fn abandoned(&self) -> Option<Fault> {
        let reason = if self.begun {
            None
        } else {
            self.interrupts.reason()
        };
        reason.map(|reason| FaultKind::Interrupted(reason).into())
    }

    /// Runs until the guest is done, or has had this much time: then `None`, and it can go on
    /// later. Ends some ten microseconds late for ordinary code, and at most at the next tick of
    /// a millisecond for any.
    ///
    /// For a thread that may be kept waiting: where an execution needs code that is only being
    /// compiled, it waits for it here.
    pub fn run_for(&mut self, slice: Duration) -> Option<Result<Reply, Fault>> {
        self.runner.set_patient(true);
        self.run_slice(slice)
    }

    /// As [`Execution::run_for`], for an event loop: never waits for anything.
    pub fn run_without_waiting(&mut self, slice: Duration) -> Option<Result<Reply, Fault>> {
        self.runner.set_patient(false);
        self.run_slice(slice)
    }

    fn run_slice(&mut self, slice: Duration) -> Option<Result<Reply, Fault>> {
        if !self.begun && self.taken.is_none() {
            self.taken = self.share.as_ref().map(Share::take);
        }
        self.begun = true;
        self.sleeps_until = None;
        let began = Instant::now();
        if let Some(since) = self.paused_since.take() {
            self.runner
                .paused_for(began.saturating_duration_since(since));
        }
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(reply) = self.running.as_mut().poll(&mut context) {
                let taken = self.taken.take();
                return Some(reply.map(|reply| reply.counting_as(taken)));
            }
            epoch::stand_in();
            let now = Instant::now();
            match self.runner.take_awaited() {
                Some(Awaited::Time(time)) if time > now => {
                    // The guest asked for this wait, so that it counts as its time.
                    self.paused_since = Some(time);
                    self.sleeps_until = Some(time);
                    return None;
                }
                Some(Awaited::Patience) => {
                    self.paused_since = Some(now);
                    return None;
                }
                _ if now - began >= slice => {
                    self.paused_since = Some(now);
                    return None;
                }
                _ => {}
            }
        }
    }

    /// Runs until the guest is done.
    pub fn run(mut self) -> Result<Reply, Fault> {
        loop {
            if let Some(reply) = self.run_for(Duration::MAX) {
                return reply;
            }
            // Short, as somebody may stop it meanwhile.
            thread::sleep(Duration::from_millis(1));
        }
    }
}
