use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::engine;

/// Why somebody outside wants a guest to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum InterruptReason {
    /// The caller no longer wants the result.
    Aborted = 1,
    /// The plugin was unloaded.
    Unloaded = 2,
    /// The registry or the instance was closed.
    Closed = 3,
}

/// Stops guests from outside: a cheap handle (an `Arc`) that is given to executions before they
/// start and triggered from any thread. A running guest notices at its next loop head or call,
/// within about a millisecond; one that has not started does not start.
///
/// Once triggered it stays triggered, with the first reason.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Stops what runs under this handle, and what would.
    pub fn trigger(&self, reason: InterruptReason) {
        let _ = self
            .0
            .compare_exchange(0, reason as u8, Ordering::AcqRel, Ordering::Acquire);
        // Guests look at their handles when the epoch moves: move it now rather than at the next tick.
        engine::advance_epoch();
    }

    /// Why this was triggered, if it was.
    pub fn reason(&self) -> Option<InterruptReason> {
        match self.0.load(Ordering::Acquire) {
            1 => Some(InterruptReason::Aborted),
            2 => Some(InterruptReason::Unloaded),
            3 => Some(InterruptReason::Closed),
            _ => None,
        }
    }
}

/// The handles that one execution listens to.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    /// Who owns the code: the plugin's entry in a registry, or a live instance.
    pub owner: Option<Interrupt>,
    /// Who asked for this very call.
    pub call: Option<Interrupt>,
    /// Whose thread waits for the answer: an environment that may be torn down.
    pub environment: Option<Interrupt>,
}

impl Interrupts {
    /// The reason to stop, if there is one; the owner's first.
    pub fn reason(&self) -> Option<InterruptReason> {
        let handles = [&self.owner, &self.call, &self.environment];
        handles.into_iter().flatten().find_map(Interrupt::reason)
    }
}

impl From<Option<Interrupt>> for Interrupts {
    /// A call that somebody may stop.
    fn from(call: Option<Interrupt>) -> Self {
        Self {
            call,
            ..Self::default()
        }
    }
}
