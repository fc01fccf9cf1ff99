use std::time::Duration;

use wasmtime::{ModuleExport, UpdateDeadline};

use crate::clock::Clock;
use crate::error::FaultKind;
use crate::interrupt::Interrupts;
use crate::meter::Meter;
use crate::runner::Runner;
use crate::sandbox::Context;
use crate::trap::Stopped;

/// The circumstances of a call into a guest.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) clock: Clock,
    pub(crate) interrupts: Interrupts,
    pub(crate) mode: Mode,
}

/// How a guest is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// On a stack of its own, on which it is suspended now and then so that whoever runs it sees
    /// the clock: its receipt is exact however it ends.
    Suspendable,
    /// On the caller's stack, which spares it two stacks' worth of microseconds. It cannot be
    /// suspended: one that takes longer than this is stopped with `DeadlineExceeded`, and what the
    /// receipt says of its fuel is then too little.
    InOneGo(Duration),
}

/// What the host keeps beside a guest's memory.
pub(crate) struct State {
    pub(super) meter: Meter,
    pub(super) call: Call,
    /// The guest's memory, for the calls that it makes.
    pub(crate) memory: ModuleExport,
    /// What a WASI guest finds outside of itself.
    pub(super) context: Option<Box<Context>>,
}

impl State {
    /// Called with each tick of the epoch, on the guest's stack: may it go on?
    pub(super) fn check(&self) -> wasmtime::Result<UpdateDeadline> {
        self.check_stopped()?;
        match self.call.mode {
            // Whoever runs the guest sees the clock too, however slow its instructions are.
            Mode::Suspendable => Ok(UpdateDeadline::Yield(1)),
            Mode::InOneGo(slice) if self.call.clock.elapsed() >= slice => Err(self.cut_short()),
            Mode::InOneGo(_) => Ok(UpdateDeadline::Continue(1)),
        }
    }

    /// Whether somebody stopped the guest, or its time is over.
    pub(crate) fn check_stopped(&self) -> wasmtime::Result<()> {
        let Call {
            clock, interrupts, ..
        } = &self.call;
        if let Some(reason) = interrupts.reason() {
            return Err(Stopped(FaultKind::Interrupted(reason)).into());
        }
        if clock.is_over() {
            let timeout = clock.timeout();
            return Err(Stopped(FaultKind::DeadlineExceeded { timeout }).into());
        }
        Ok(())
    }

    /// Ends a call in one go that has to be made again where it can be suspended.
    pub(crate) fn cut_short(&self) -> wasmtime::Error {
        let timeout = match self.call.mode {
            Mode::InOneGo(slice) => slice,
            Mode::Suspendable => self.call.clock.timeout(),
        };
        Stopped(FaultKind::DeadlineExceeded { timeout }).into()
    }

    pub(crate) fn context(&mut self) -> Option<&mut Context> {
        self.context.as_deref_mut()
    }

    /// Whoever runs this call a little at a time, if somebody does.
    pub(crate) fn runner(&self) -> Option<Runner> {
        self.call.clock.runner().cloned()
    }

    /// The time that the guest still has.
    pub(crate) fn time_left(&self) -> Duration {
        let clock = &self.call.clock;
        clock.timeout().saturating_sub(clock.elapsed())
    }

    /// Takes this time for none of the guest's.
    pub(crate) fn forgive(&mut self, time: Duration) {
        self.call.clock.forgive(time);
    }
}
